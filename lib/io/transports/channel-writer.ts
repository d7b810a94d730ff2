/**
 * The sending half of a stream's transport.
 *
 * Bytes are sent at once. What the kernel does not take is copied into a queue, and from then on the writer stands in the
 * loop's registry until the queue is empty again: a socket is nearly always writable, and would wake the loop for ever.
 */

import { enterCarrier, leaveCarrier } from '../../loop/context.js';
import type { LoopCore } from '../../loop/loop-core.js';
import { EAGAIN } from '../../sockets/errno.js';
import { ChannelWaiter } from './channel-waiter.js';
import type { ByteChannel } from './channel.js';
import type { BaseProtocol } from './contract.js';
import type { TransportOwner } from './owner.js';
import { Watermarks } from './watermarks.js';
import { WriteQueue } from './write-queue.js';

/** Sends, queues, and tells the protocol when to pause. */
export class ChannelWriter extends ChannelWaiter {
  readonly limits = new Watermarks();
  private readonly queue = new WriteQueue();
  private protocol: BaseProtocol | null = null;

  constructor(loop: LoopCore, channel: ByteChannel, owner: TransportOwner, syscall: string) {
    super('writer', loop, channel, owner, syscall);
  }

  /** From now on this protocol is told to pause and resume. */
  setProtocol(protocol: BaseProtocol): void {
    this.protocol = protocol;
  }

  /** How many bytes wait to be sent. */
  get size(): number {
    return this.queue.size;
  }

  /** Sends bytes, or queues them behind those that wait. */
  write(data: Uint8Array): void {
    if (this.queue.size > 0) this.enqueue(data);
    else {
      const sent = this.channel.sendEx(data, 0, data.length);
      if (sent !== data.length) this.sentInPart(sent, [data]);
    }
  }

  /** Sends several buffers, none of them empty, in one call. */
  writeAll(list: readonly Uint8Array[]): void {
    if (this.queue.size > 0) for (const data of list) this.enqueue(data);
    else this.sentInPart(this.channel.sendMsgEx(list), list);
  }

  /** The limits have been changed. */
  limitsChanged(): void {
    this.maybePause();
  }

  /** Drops what waits, and forgets the protocol. */
  release(): void {
    this.queue.clear();
    this.disarm();
    this.protocol = null;
  }

  /** What it is doing, for the transport's `toString`. */
  describe(): string {
    return `<${this.armed ? 'polling' : 'idle'}, bufsize=${this.queue.size}>`;
  }

  /** @internal The socket has room again. */
  override _run(): void {
    const previous = enterCarrier(this);
    this.flush();
    leaveCarrier(previous); // if something throws, the loop does this
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
