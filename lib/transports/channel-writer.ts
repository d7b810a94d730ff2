/**
 * The sending half of a stream's transport.
 *
 * Bytes are sent at once, or, while several connections are served together, with those of the others: see send-together.ts. What
 * the kernel does not take is copied into a queue, and from then on the writer stands in the loop's registry until the queue is
 * empty again: a socket is nearly always writable, and would wake the loop for ever.
 */

import { enterCarrier, leaveCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { EAGAIN } from '../sockets/errno.js';
import { ByteSocket } from '../sockets/byte-socket.js';
import { ChannelWaiter } from './channel-waiter.js';
import type { ByteChannel } from './channel.js';
import type { BaseProtocol } from './contract.js';
import type { TransportOwner } from './owner.js';
import { type CollectedWriter, type SendTogether, sendTogetherOf } from '../batch/send-together.js';
import { type WriteBufferLimits, Watermarks } from './watermarks.js';
import { WriteQueue } from './write-queue.js';

/** Up to here a copy costs less than what is saved by sending with others. */
const SMALL_WRITE = 4096;

const DEFAULT_MARKS = new Watermarks();
const NO_QUEUE = new WriteQueue();

/** Sends, queues, and tells the protocol when to pause. */
export class ChannelWriter extends ChannelWaiter implements CollectedWriter {
  // Most connections never have anything that waits, nor limits of their own. Those in common are never changed.
  private marks = DEFAULT_MARKS;
  private queue = NO_QUEUE;
  private protocol: BaseProtocol | null = null;
  /** Null for what has no `send`, and for one that stands alone. */
  private together: SendTogether | null;
  /** @internal */
  _collected = 0;

  constructor(loop: LoopCore, channel: ByteChannel, owner: TransportOwner) {
    super(loop, channel, owner);
    this.together = channel instanceof ByteSocket ? sendTogetherOf(loop) : null;
  }

  protected get direction(): 'writer' {
    return 'writer';
  }

  /** From now on this protocol is told to pause and resume. */
  setProtocol(protocol: BaseProtocol): void {
    this.protocol = protocol;
  }

  /** How many bytes wait to be sent. */
  get size(): number {
    this.sendCollected();
    return this.queue.size;
  }

  /** Sends bytes, or queues them behind those that wait. */
  write(data: Uint8Array): void {
    if (this.collect(data)) return;
    this.sendCollected();
    if (this.protocol === null) return; // which has ended the connection
    if (this.queue.size > 0) this.enqueue([data]);
    else {
      const sent = this.channel.sendEx(data, 0, data.length);
      if (sent !== data.length) this.sentInPart(sent, [data]);
    }
  }

  /** Sends several buffers, none of them empty, in one call. */
  writeAll(list: readonly Uint8Array[]): void {
    this.sendCollected();
    if (this.protocol === null) return;
    if (this.queue.size > 0) this.enqueue(list);
    else this.sentInPart(this.channel.sendMsgEx(list), list);
  }

  /** When the protocol is told to pause. */
  get limits(): Readonly<Watermarks> {
    return this.marks;
  }

  /** Changes that; `mayPause`: it may be told at once. */
  setLimits(limits: WriteBufferLimits, mayPause: boolean): void {
    this.ownMarks().set(limits);
    this.sendCollected();
    if (mayPause) this.maybePause();
  }

  /** Sends nothing any more. Returns what waits. */
  giveAway(): Buffer[] {
    this.sendCollected();
    const unsent = this.queue.takeAll();
    this.disarm();
    return unsent;
  }

  /** Drops what waits, and forgets the protocol. */
  release(): void {
    this.sendCollected();
    this.queue.clear();
    this.queue = NO_QUEUE;
    this.disarm();
    this.protocol = null;
  }

  /**
   * From now on what is written is sent at once: the program has the socket, and may give it to a child, or to `sockSendFile`, whose
   * bytes would come before those that were written first.
   */
  standAlone(): void {
    this.sendCollected();
    this.together = null;
  }

  /** What it is doing, for the transport's `toString`. */
  describe(): string {
    return `<${this.armed ? 'polling' : 'idle'}, bufsize=${this.queue.size + this._collected}>`;
  }

  /** @internal The socket has room again. */
  override _run(): void {
    const previous = enterCarrier(this);
    this.flush();
    leaveCarrier(previous); // if something throws, the loop does this
  }

  /**
   * Leaves it to be sent with the writes of others; false if it is not to wait, or there is something before it. Never more than a
   * protocol may write before it is told to pause.
   */
  private collect(data: Uint8Array): boolean {
    const { together, marks } = this;
    const { length } = data;
    if (together === null || !together.isOpen() || length > SMALL_WRITE) return false;
    if (this._collected + length > marks.high) return false;
    if (!together.hasRoom(this, length)) together.send();
    // That may have left something in the queue, behind which what comes later must stay; or ended the connection, or called somebody.
    if (this.queue.size > 0 || this.protocol === null || this.together === null) return false;
    together.add(this, this.channel.fileno(), data);
    return true;
  }

  private sendCollected(): void {
    if (this._collected > 0) this.together!.send();
  }

  /** @internal */
  _keepUnsent(result: number, rest: Uint8Array): void {
    if (result >= 0 || result === EAGAIN) this.keep(rest);
  }

  /** @internal */
  _collectedSent(result: number): void {
    const previous = enterCarrier(this); // it may be called from within another connection's code
    try {
      this.sentInPart(result, []);
    } finally {
      leaveCarrier(previous);
    }
  }

  private flush(): void {
    const parts = this.queue.parts();
    const [first] = parts;
    const sent = parts.length === 1 ? this.channel.sendEx(first!, 0, first!.length) : this.channel.sendMsgEx(parts);
    if (sent < 0) {
      if (sent !== EAGAIN) this.failed(sent);
      return;
    }
    this.queue.drop(sent);
    this.maybeResume(); // may write again, or close
    if (this.queue.size > 0 || !this.armed) return;
    this.queue = NO_QUEUE;
    this.disarm();
    this.owner._writerDrained();
  }

  /** A send took the first `sent` bytes of `list`, or failed. */
  private sentInPart(sent: number, list: readonly Uint8Array[]): void {
    if (sent < 0 && sent !== EAGAIN) {
      this.failed(sent);
      return;
    }
    let skip = Math.max(sent, 0);
    for (const data of list) {
      this.keep(data, skip);
      skip = Math.max(skip - data.length, 0);
    }
    if (this.queue.size === 0) return;
    this.arm();
    this.maybePause();
  }

  /** All of them before the protocol is told to pause: what that may write comes behind. */
  private enqueue(list: readonly Uint8Array[]): void {
    for (const data of list) this.keep(data);
    this.maybePause();
  }

  private keep(data: Uint8Array, skip = 0): void {
    if (this.queue === NO_QUEUE) this.queue = new WriteQueue();
    this.queue.push(data, skip);
  }

  private ownMarks(): Watermarks {
    if (this.marks === DEFAULT_MARKS) this.marks = new Watermarks();
    return this.marks;
  }

  private maybePause(): void {
    const { marks, queue, protocol } = this;
    if (marks.paused || queue.size <= marks.high) return;
    this.ownMarks().paused = true;
    try {
      protocol?.pauseWriting?.();
    } catch (error) {
      this.owner._protocolComplains(error, 'pauseWriting');
    }
  }

  private maybeResume(): void {
    const { marks, queue, protocol } = this;
    if (!marks.paused || queue.size > marks.low) return;
    this.ownMarks().paused = false;
    try {
      protocol?.resumeWriting?.();
    } catch (error) {
      this.owner._protocolComplains(error, 'resumeWriting');
    }
  }
}
