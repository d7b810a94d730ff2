/** The receiving half of a stream transport: takes what an end has and calls the protocol, one receive for each event. */

import { OSError } from '../errors/index.js';
import { EAGAIN } from '../sockets/errno.js';
import type { ConnectionLife } from './connection.js';
import type { BufferedProtocol, Protocol, StreamProtocol } from './contract.js';
import type { End } from './end.js';
import { afterFirstTurn } from './first-turn.js';
import { bufferOf, isBuffered } from './protocol-calls.js';

/** The most that `dataReceived` gets at once. */
const MOST_BYTES = 64 * 1024;

/** The transport, as its receiver sees it. */
export interface ReceiverOwner {
  readonly life: ConnectionLife<StreamProtocol>;
  /** @internal */
  _failed(error: unknown, during: 'read' | 'write'): void;
  /** @internal The protocol was notified of the peer's end; `keepOpen` is its answer. */
  _endReceived(keepOpen: boolean): void;
}

/**
 * One receive for each event: what it leaves is reported again by the next poll, so a fast peer does not delay the other connections,
 * and no receive is made only to be answered with EAGAIN.
 */
export class Receiver {
  /** The connection is open and not closing. */
  private started = false;
  private paused = false;
  /** What arrives is left in the end for now. */
  private held = false;
  /** The peer has ended its side, or the connection is closing. */
  private ended = false;
  /** The protocol, as one kind or the other. */
  private plain: Protocol | null = null;
  private buffered: BufferedProtocol | null = null;

  constructor(
    private readonly end: End,
    private readonly owner: ReceiverOwner,
  ) {}

  useProtocol(protocol: StreamProtocol | null): void {
    this.plain = this.buffered = null;
    if (protocol === null) return;
    if (isBuffered(protocol)) this.buffered = protocol;
    else this.plain = protocol;
  }

  /** The protocol knows of the connection: receive, unless it has paused already. */
  start(): void {
    this.started = true;
    this.update();
  }

  /** Delivers nothing until the code that awaits the connection has had its turn. */
  hold(): void {
    this.held = true;
    afterFirstTurn(this.owner.life.loop, () => {
      this.held = false;
      this.update();
    });
  }

  /** False when paused, at the end, or closing. */
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

  /** Receives nothing more. */
  stop(): void {
    this.ended = true;
    this.update();
  }

  /** There is something to receive. */
  receive(): void {
    if (this.held) return; // it is reported again
    if (this.buffered !== null) this.receiveInto(this.buffered);
    else if (this.plain !== null) this.receiveFor(this.plain);
  }

  private receiveFor(protocol: Protocol): void {
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

  private receiveInto(protocol: BufferedProtocol): void {
    const buffer = bufferOf(protocol, this.end.sizeHint, this.owner.life);
    if (buffer === null || !this.isReading()) return; // getBuffer has failed, or has paused or closed the transport
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

  private receivedNothing(errno: number): void {
    if (errno !== EAGAIN) this.owner._failed(new OSError(errno, this.end.receives), 'read');
  }

  /** A socket at its end stays readable, so watching stops first, whatever the protocol answers. */
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
