/** The receiving half of a stream transport: receives from its end and calls the protocol. */

import { InvalidStateError, OSError, wrongType } from '../errors/index.js';
import { isUint8Array } from '../platform/bytes.js';
import { EAGAIN } from '../sockets/errno.js';
import type { ConnectionLife } from './connection.js';
import type { BufferedProtocol, DirectProtocol, Protocol, StreamProtocol } from './contract.js';
import type { End } from './end.js';
import { afterFirstTurn } from './first-turn.js';

/** The largest buffer that `dataReceived` gets. */
const MOST_BYTES = 64 * 1024;

/** The members of a transport that its receiver uses. */
export interface ReceiverOwner {
  readonly life: ConnectionLife<StreamProtocol>;
  /** @internal A receive has failed. */
  _failed(error: unknown, during: 'read' | 'write'): void;
  /** @internal The peer has ended its side; `keepOpen` is what `eofReceived` returned. */
  _endReceived(keepOpen: boolean): void;
}

/**
 * Receives once for each event. The next poll reports unread bytes again, so a fast peer does not delay other connections, and no
 * receive is made only to get EAGAIN.
 */
export class Receiver {
  /** `start` was called: the connection is open. */
  private started = false;
  private paused = false;
  /** True while bytes that arrive are left in the `End`, because the caller that awaits the connection has not run yet. */
  private held = false;
  /** True at EOF, and once the connection is closing. */
  private ended = false;
  /** The protocol, in the one of these two fields that matches its kind. */
  private plain: Protocol | null = null;
  /** The same protocol as `plain`, if it is one. */
  private direct: DirectProtocol | null = null;
  private buffered: BufferedProtocol | null = null;

  constructor(
    private readonly end: End,
    private readonly owner: ReceiverOwner,
  ) {}

  useProtocol(protocol: StreamProtocol | null): void {
    this.plain = this.direct = this.buffered = null;
    if (protocol === null) return;
    if ('getBuffer' in protocol && typeof protocol.getBuffer === 'function') this.buffered = protocol;
    else this.plain = protocol;
    if ('_destination' in protocol) this.direct = protocol as DirectProtocol;
  }

  /**
   * Starts receiving, unless the protocol has already paused. Called when `connectionMade` has returned.
   *
   * @param awaited delivers nothing until the code that awaits the connection has run
   */
  start(awaited: boolean): void {
    this.started = true;
    this.held = awaited;
    this.update();
    if (!awaited) return;
    afterFirstTurn(this.owner.life.loop, () => {
      this.held = false;
      this.update();
    });
  }

  /** Returns false when paused, at EOF, or closing. */
  isReading(): boolean {
    return !this.paused && !this.ended;
  }

  pause(): void {
    this.paused = true;
    this.update();
  }

  resume(): void {
    this.paused = false;
    this.update();
  }

  /** Stops receiving, permanently. */
  stop(): void {
    this.ended = true;
    this.update();
  }

  /** Receives once and calls the protocol. */
  receive(): void {
    if (this.held) return; // the end reports it again
    if (this.buffered !== null) this.receiveInto(this.buffered);
    else if (this.plain !== null) this.receiveFor(this.plain);
  }

  private receiveFor(protocol: Protocol): void {
    const destination = this.direct === null ? null : this.direct._destination();
    if (destination !== null) {
      this.receiveDirectly(this.direct!, destination);
      return;
    }
    const data = this.end.receive(MOST_BYTES);
    if (typeof data === 'number') this.receivedNothing(data);
    else if (data.length === 0) this.endOfStream(protocol);
    else {
      try {
        protocol.dataReceived?.(data);
      } catch (error) {
        this.owner.life.protocolFailed(error, 'dataReceived');
      }
    }
  }

  private receiveDirectly(protocol: DirectProtocol, destination: Uint8Array): void {
    const count = this.end.receiveInto(destination);
    if (count < 0) this.receivedNothing(count);
    else if (count === 0) this.endOfStream(protocol);
    else {
      protocol._receivedInto(count);
      if (this.end.hasMore()) this.update();
    }
  }

  private receiveInto(protocol: BufferedProtocol): void {
    const buffer = this.bufferOf(protocol);
    if (buffer === null || !this.isReading()) return; // getBuffer threw, or paused or closed the transport
    const count = this.end.receiveInto(buffer);
    if (count < 0) this.receivedNothing(count);
    else if (count === 0) this.endOfStream(protocol);
    else {
      try {
        protocol.bufferUpdated(count);
      } catch (error) {
        this.owner.life.protocolFailed(error, 'bufferUpdated');
      }
      if (this.end.hasMore()) this.update();
    }
  }

  /** Asks the protocol for a buffer. Returns null if `getBuffer` failed, which also ends the connection. */
  private bufferOf(protocol: BufferedProtocol): Uint8Array | null {
    try {
      const buffer: unknown = protocol.getBuffer(this.end.sizeHint);
      if (!isUint8Array(buffer)) throw wrongType('getBuffer()', 'a Buffer or Uint8Array to be returned', buffer);
      if (buffer.length === 0) throw new InvalidStateError('getBuffer() returned an empty buffer');
      return buffer;
    } catch (error) {
      this.owner.life.protocolFailed(error, 'getBuffer');
      return null;
    }
  }

  private receivedNothing(errno: number): void {
    if (errno !== EAGAIN) this.owner._failed(new OSError(errno, this.end.receives), 'read');
  }

  /** Stops watching before asking the protocol: a socket at EOF stays readable and would wake the loop in every iteration. */
  private endOfStream(protocol: StreamProtocol): void {
    this.stop();
    let keepOpen: unknown;
    try {
      keepOpen = protocol.eofReceived?.();
    } catch (error) {
      this.owner.life.protocolFailed(error, 'eofReceived');
      return;
    }
    this.owner._endReceived(Boolean(keepOpen));
  }

  private update(): void {
    try {
      this.end.watchReadable(this.started && this.isReading());
    } catch (error) {
      this.owner._failed(error, 'read');
    }
  }
}
