/**
 * Waits until a transport has sent everything.
 *
 * A transport notifies only its protocol, through watermarks of 0. So for the duration of one operation an observer takes the place of
 * the protocol. It forwards received bytes to the protocol, and withholds `pauseWriting` and `resumeWriting` until the operation ends.
 */

import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { Transport } from './contract.js';
import { type BaseProtocol, type BufferedProtocol, type Protocol, type StreamProtocol } from './contract.js';
import type { WriteLock } from './write-lock.js';

type AnyProtocol = Protocol & Partial<BufferedProtocol>;

/** Observes the sending side of a transport during one operation. */
export class SendObserver {
  private readonly protocol: AnyProtocol;
  private readonly standIn: StreamProtocol;
  private readonly limits: { low: number; high: number };
  private readonly changed = new Event();
  /** `pauseWriting` or `resumeWriting` was called during the operation and is still to be forwarded. */
  private paused = false;
  private resumed = false;
  private lost = false;

  /** @param transport not closed, so it has a protocol */
  constructor(
    private readonly transport: Transport,
    lock: WriteLock,
  ) {
    this.protocol = transport.getProtocol()!;
    this.standIn = this.makeStandIn();
    this.limits = transport.getWriteBufferLimits();
    lock.bypass(() => transport.setProtocol(this.standIn));
    transport.setWriteBufferLimits({ high: 0, low: 0 });
  }

  /** Waits until everything has been sent. Returns false if the connection ended first. */
  *sent(): Steps<boolean> {
    const { transport } = this;
    while (!this.lost && transport.getWriteBufferSize() > 0) {
      this.changed.clear();
      yield* this.changed.wait();
    }
    return !transport.isClosing();
  }

  /** Restores the protocol and its watermarks, and forwards what was withheld. */
  restore(): void {
    const { transport, protocol } = this;
    if (this.lost) return;
    transport.setWriteBufferLimits(this.limits);
    transport.setProtocol(protocol);
    if (this.paused) protocol.pauseWriting?.();
    else if (this.resumed) protocol.resumeWriting?.();
  }

  private makeStandIn(): StreamProtocol {
    const { protocol } = this;
    const common: BaseProtocol & Pick<Protocol, 'eofReceived'> = {
      connectionMade: (transport) => protocol.connectionMade?.(transport),
      eofReceived: () => protocol.eofReceived?.(),
      pauseWriting: () => {
        this.paused = true;
      },
      resumeWriting: () => {
        // Either the protocol was paused before the operation, or the operation itself filled the buffer.
        if (!this.paused) this.resumed = true;
        this.paused = false;
        this.changed.set();
      },
      connectionLost: (error) => {
        this.lost = true;
        this.changed.set();
        protocol.connectionLost?.(error);
      },
    };
    if (protocol.getBuffer === undefined) return { ...common, dataReceived: (data) => protocol.dataReceived?.(data) };
    return {
      ...common,
      getBuffer: (sizeHint) => protocol.getBuffer!(sizeHint),
      bufferUpdated: (byteCount) => protocol.bufferUpdated!(byteCount),
    };
  }
}
