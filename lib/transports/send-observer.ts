/**
 * Waiting until a transport has sent everything.
 *
 * Only its protocol is notified of that, by watermarks of 0. So the observer stands between the transport and its protocol for the
 * time of one operation: what is received goes through, what is about sending waits until the operation is over.
 */

import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { Transport } from './contract.js';
import { type BaseProtocol, type BufferedProtocol, type Protocol, type StreamProtocol } from './contract.js';
import type { WriteLock } from './write-lock.js';

type AnyProtocol = Protocol & Partial<BufferedProtocol>;

/** The sending side of a transport, observed. */
export class SendObserver {
  private readonly protocol: AnyProtocol;
  private readonly standIn: StreamProtocol;
  private readonly limits: { low: number; high: number };
  private readonly changed = new Event();
  /** The transport has called `pauseWriting`, or `resumeWriting`, and the protocol does not know. */
  private paused = false;
  private resumed = false;
  private lost = false;

  /** @param transport with a protocol: not closed */
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

  /** Returns once everything was sent. False if the connection has ended before. */
  *sent(): Steps<boolean> {
    const { transport } = this;
    while (!this.lost && transport.getWriteBufferSize() > 0) {
      this.changed.clear();
      yield* this.changed.wait();
    }
    return !transport.isClosing();
  }

  /** Gives the transport back to its protocol, which may write from now on. */
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
        // The protocol was paused before the operation, unless it was the operation that filled the buffer.
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
