/**
 * The receiving half of a stream's transport.
 *
 * The reader stands in the loop's registry itself, from the start of the connection to its end: a message costs one receive and
 * one call of the protocol, and allocates nothing but the buffer that the protocol gets. One receive for each event: what it
 * leaves is reported again by the next select, so a fast peer keeps nobody waiting, and nobody pays for an EAGAIN.
 *
 * When several transports are readable at once, one receive may have been made for all of them (receive-ahead.ts). What it brought
 * is given to the protocol when the reader runs; and later, if it is paused before that.
 */

import { enterCarrier, leaveCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { ByteSocket } from '../sockets/byte-socket.js';
import { EAGAIN } from '../sockets/errno.js';
import type { Received } from '../sockets/receive-each.js';
import { ChannelWaiter } from './channel-waiter.js';
import type { ByteChannel } from './channel.js';
import type { BufferedProtocol, Protocol, StreamProtocol } from './contract.js';
import { afterFirstTurn } from './first-turn.js';
import type { TransportOwner } from './owner.js';
import { bufferOf, isBuffered, tellEnd } from './protocol-calls.js';
import { type DueReader, type ReceiveAhead, receiveAheadOf } from '../batch/receive-ahead.js';

/** The most that `dataReceived` gets at once. */
const MOST_BYTES = 64 * 1024;

/** Receives, and calls the protocol. */
export class ChannelReader extends ChannelWaiter implements DueReader {
  /** Nothing is received before the protocol knows of the connection. */
  private started = false;
  private paused = false;
  /** It waits for the socket, but leaves in it what arrives. */
  private held = false;
  /** At the end of the stream, or closing. */
  private ended = false;
  /** The protocol, as one kind or the other. */
  private plain: Protocol | null = null;
  private buffered: BufferedProtocol | null = null;
  /** Null for what has no `recv`, and for one that stands alone. */
  private others: ReceiveAhead | null;
  /** @internal */
  _due = false;
  /** @internal */
  _ahead: Received | null = null;

  constructor(loop: LoopCore, channel: ByteChannel, owner: TransportOwner) {
    super(loop, channel, owner);
    this.others = channel instanceof ByteSocket ? receiveAheadOf(loop) : null;
  }

  protected get direction(): 'reader' {
    return 'reader';
  }

  /** From now on this protocol is called. */
  setProtocol(protocol: StreamProtocol): void {
    const buffered = isBuffered(protocol);
    this.buffered = buffered ? protocol : null;
    this.plain = buffered ? null : protocol;
  }

  /** The protocol is connected: receive, unless it has paused that already. */
  start(): void {
    this.started = true;
    this.receiveFromNow();
  }

  /** Receives nothing until whoever awaits the connection has had a turn. */
  hold(): void {
    this.held = true;
    afterFirstTurn(this.loop, () => {
      this.held = false;
    });
  }

  /** False when paused, at the end, or closing. */
  isReading(): boolean {
    return !this.paused && !this.ended;
  }

  pause(): void {
    this.paused = true;
    this.disarm();
  }

  resume(): void {
    this.paused = false;
    this.receiveFromNow();
  }

  /** Nothing will be received any more. */
  end(): void {
    this.ended = true;
    this._ahead = null;
    this.disarm();
  }

  /** Receives nothing any more. Returns what was received and not delivered. */
  giveAway(): Buffer[] {
    const ahead = this._ahead;
    this.end();
    if (typeof ahead === 'number' && ahead !== EAGAIN) this.failed(ahead);
    return ahead === null || typeof ahead === 'number' || ahead.length === 0 ? [] : [ahead]; // the kernel repeats the end
  }

  /** Forgets the protocol, after the last call of it. */
  release(): void {
    this.plain = null;
    this.buffered = null;
  }

  /** From now on nothing is received for it before its turn: the program has the socket, and may look what there is. */
  standAlone(): void {
    this.others?.leave(this);
    this.others = null;
  }

  /** What it is doing, for the transport's `toString`. */
  describe(): string {
    return this.armed ? 'polling' : 'idle';
  }

  /** @internal */
  _isDue(): void {
    if (!this.held) this.others?.add(this);
  }

  /** @internal */
  _smallSource(): ByteSocket | null {
    const { channel } = this;
    if (this._ahead !== null || !(channel instanceof ByteSocket)) return null;
    return channel._expectsSmall() ? channel : null;
  }

  /** @internal The socket is readable, at its end, or in error. */
  override _run(): void {
    if (this.held) return; // the next iteration reports it again
    const previous = enterCarrier(this);
    if (this._due) {
      this.others!.receive();
      this.others!.leave(this); // of very many readers it may not have been among those
    }
    if (this.buffered !== null) this.receiveInto(this.buffered);
    else if (this.plain !== null) this.receive(this.plain);
    leaveCarrier(previous); // if something throws, the loop does this
  }

  protected override disarm(): void {
    this.others?.leave(this);
    super.disarm();
  }

  private receive(protocol: Protocol): void {
    const data = this._ahead ?? this.channel.recvEx(MOST_BYTES);
    this._ahead = null;
    if (typeof data === 'number') this.receivedNothing(data);
    else if (data.length === 0) this.endOfStream(protocol);
    else {
      try {
        protocol.dataReceived?.(data);
      } catch (error) {
        this.owner._protocolFailed(error, 'dataReceived');
      }
    }
  }

  private receiveInto(protocol: BufferedProtocol): void {
    const buffer = bufferOf(protocol, -1, this.owner);
    if (buffer === null || !this.armed) return; // getBuffer has failed, or paused or closed the transport
    const count = this._ahead === null ? this.channel.recvIntoEx(buffer, 0, buffer.length) : this.takeAhead(buffer);
    if (count < 0) this.receivedNothing(count);
    else if (count === 0) this.endOfStream(protocol);
    else {
      try {
        protocol.bufferUpdated(count);
      } catch (error) {
        this.owner._protocolFailed(error, 'bufferUpdated');
      }
    }
  }

  /** As `recvIntoEx`, of what was received for the protocol before this one; what there is no room for follows. */
  private takeAhead(buffer: Uint8Array): number {
    const ahead = this._ahead!;
    this._ahead = null;
    if (typeof ahead === 'number') return ahead;
    const count = Math.min(ahead.length, buffer.length);
    buffer.set(ahead.subarray(0, count));
    if (count < ahead.length) {
      this._ahead = ahead.subarray(count);
      this.loop._enqueue(this);
    }
    return count;
  }

  private receivedNothing(errno: number): void {
    if (errno !== EAGAIN) this.failed(errno);
  }

  private receiveFromNow(): void {
    if (!this.started || this.paused || this.ended) return;
    this.arm();
    if (this._ahead !== null) this.loop._enqueue(this); // the selector will not report it
  }

  /** The end stays readable for ever, so the reader goes, whatever the protocol says. */
  private endOfStream(protocol: StreamProtocol): void {
    this.end();
    tellEnd(protocol, this.owner);
  }
}
