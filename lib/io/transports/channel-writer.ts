/**
 * The sending half of a stream's transport.
 *
 * Bytes are sent at once, or, while several connections are served together, with those of the others: see send-together.ts. What
 * the kernel does not take is copied into a queue, and from then on the writer stands in the loop's registry until the queue is
 * empty again: a socket is nearly always writable, and would wake the loop for ever.
 */

import { enterCarrier, leaveCarrier } from '../../loop/context.js';
import type { LoopCore } from '../../loop/loop-core.js';
import { EAGAIN } from '../../sockets/errno.js';
import { ByteSocket } from '../../sockets/byte-socket.js';
import { ChannelWaiter } from './channel-waiter.js';
import type { ByteChannel } from './channel.js';
import type { BaseProtocol } from './contract.js';
import type { TransportOwner } from './owner.js';
import { type CollectedWriter, SendTogether } from './send-together.js';
import { Watermarks } from './watermarks.js';
import { WriteQueue } from './write-queue.js';

/** Up to here a copy costs less than what is saved by sending with others. */
const SMALL_WRITE = 4096;

/** Sends, queues, and tells the protocol when to pause. */
export class ChannelWriter extends ChannelWaiter implements CollectedWriter {
  readonly limits = new Watermarks();
  private readonly queue = new WriteQueue();
  private protocol: BaseProtocol | null = null;
  /** Null for what has no `send`. */
  private readonly together: SendTogether | null;
  /** @internal */
  _collected = 0;

  constructor(loop: LoopCore, channel: ByteChannel, owner: TransportOwner, syscall: string) {
    super('writer', loop, channel, owner, syscall);
    this.together = channel instanceof ByteSocket ? SendTogether.of(loop) : null;
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
    if (this.mayCollect(data.length)) this.together!.add(this, this.channel.fileno(), data);
    else if (this.size > 0) this.enqueue(data);
    else {
      const sent = this.channel.sendEx(data, 0, data.length);
      if (sent !== data.length) this.sentInPart(sent, [data]);
    }
  }

  /** Sends several buffers, none of them empty, in one call. */
  writeAll(list: readonly Uint8Array[]): void {
    if (this.size > 0) for (const data of list) this.enqueue(data);
    else this.sentInPart(this.channel.sendMsgEx(list), list);
  }

  /** The limits have been changed. */
  limitsChanged(): void {
    this.sendCollected();
    this.maybePause();
  }

  /** Drops what waits, and forgets the protocol. */
  release(): void {
    this.sendCollected();
    this.queue.clear();
    this.disarm();
    this.protocol = null;
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

  /** Never more than a protocol may write before it is told to pause. */
  private mayCollect(length: number): boolean {
    const { together, queue, limits } = this;
    if (together === null || !together.isOpen() || length > SMALL_WRITE) return false;
    if (this._collected + length > limits.high) return false;
    if (!together.hasRoom(this, length)) together.send();
    return queue.size === 0; // a send may have left something there, and what comes later must stay behind it
  }

  private sendCollected(): void {
    if (this._collected > 0) this.together!.send();
  }

  /** @internal */
  _keepUnsent(result: number, rest: Uint8Array): void {
    if (result >= 0 || result === EAGAIN) this.queue.push(rest);
  }

  /** @internal */
  _collectedSent(result: number): void {
    this.sentInPart(result, []);
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
      this.queue.push(data, skip);
      skip = Math.max(skip - data.length, 0);
    }
    if (this.queue.size === 0) return;
    this.arm();
    this.maybePause();
  }

  private enqueue(data: Uint8Array): void {
    this.queue.push(data);
    this.maybePause();
  }

  private maybePause(): void {
    const { limits, queue, protocol } = this;
    if (limits.paused || queue.size <= limits.high) return;
    limits.paused = true;
    try {
      protocol?.pauseWriting?.();
    } catch (error) {
      this.owner._protocolComplains(error, 'pauseWriting');
    }
  }

  private maybeResume(): void {
    const { limits, queue, protocol } = this;
    if (!limits.paused || queue.size > limits.low) return;
    limits.paused = false;
    try {
      protocol?.resumeWriting?.();
    } catch (error) {
      this.owner._protocolComplains(error, 'resumeWriting');
    }
  }
}
