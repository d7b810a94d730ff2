/**
 * The sending half of a stream transport.
 *
 * Bytes are sent immediately, or in the loop's batch while several connections are ready. Bytes that the kernel does not accept are
 * copied into a queue, and the end is watched for writability only until the queue is empty: a socket is nearly always writable and
 * would wake the loop in every iteration.
 */

import { OSError } from '../errors/index.js';
import type { BatchedSender, IoBatch } from '../loop/io-batch.js';
import { EAGAIN } from '../sockets/errno.js';
import type { ConnectionLife } from './connection.js';
import type { StreamProtocol } from './contract.js';
import type { End } from './end.js';
import type { WriteBufferLimits } from './watermarks.js';
import { WriteQueue } from './write-queue.js';

/** The members of a transport that its sender uses. */
export interface SenderOwner {
  readonly life: ConnectionLife<StreamProtocol>;
  /** @internal A send has failed. */
  _failed(error: unknown, during: 'read' | 'write'): void;
  /** @internal Half-closes the stream: `writeEof` was called, and everything has been sent. */
  _shutdown(): void;
}

/** Shared by the senders that have nothing queued, which are most. Always empty: `keep` replaces it before the first push. */
const NO_QUEUE = new WriteQueue();

/** Sends and queues bytes, and applies backpressure to the protocol. */
export class Sender implements BatchedSender {
  private queue = NO_QUEUE;
  private eofWanted = false;
  private eofSent = false;
  private stopped = false;
  /** Null for an end that is never batched, and once the program has requested the socket. */
  private batch: IoBatch | null;
  /** @internal The number of bytes in the batch that belong to this sender. The batch counts them. */
  _deferred = 0;

  /**
   * @param socket the socket that the batch sends to; null for an end that is never batched
   */
  constructor(
    private readonly end: End,
    private readonly owner: SenderOwner,
    private readonly socket: { fileno(): number } | null,
  ) {
    this.batch = socket === null ? null : owner.life.loop._batch;
  }

  /** The number of unsent bytes, in the queue and in the `End`. Flushes the batch first. */
  get size(): number {
    this.flush();
    return this.queue.size + this.end.unsent;
  }

  /** True after `endWriting`. */
  get isEnded(): boolean {
    return this.eofWanted;
  }

  /** Sends bytes, or queues them behind earlier unsent ones. */
  write(data: Uint8Array): void {
    if (this.defer(data)) return;
    this.flush();
    if (this.stopped) return; // sending the deferred bytes has ended the connection
    if (this.queue.size > 0) this.enqueue([data]);
    else {
      const sent = this.end.send(data);
      if (sent !== data.length) this.sentInPart(sent, [data]);
      else this.life.checkPause(this.end.unsent);
    }
  }

  /** Sends several buffers, none of them empty, in one call. */
  writeAll(list: readonly Uint8Array[]): void {
    this.flush();
    if (this.stopped) return;
    if (this.queue.size > 0) {
      this.enqueue(list);
      return;
    }
    const total = list.reduce((sum, { length }) => sum + length, 0);
    const sent = this.end.sendAll(list);
    if (sent !== total) this.sentInPart(sent, list);
    else this.life.checkPause(this.end.unsent);
  }

  /** Half-closes the stream once everything has been sent. */
  endWriting(): void {
    this.eofWanted = true;
    this.flush();
    if (this.queue.size === 0 && !this.stopped) this.shutDown();
  }

  private shutDown(): void {
    if (this.eofSent) return; // `resumeWriting` may already have called writeEof() with an empty queue
    this.eofSent = true;
    this.owner._shutdown();
  }

  setLimits(limits: WriteBufferLimits): void {
    this.life.setLimits(limits);
    this.life.checkPause(this.size);
  }

  /** The number of bytes in the queue, which must be passed to the `End` before it finishes. Flushes the batch first. */
  get queued(): number {
    this.flush();
    return this.queue.size;
  }

  /** Flushes the batch, stops sending, and returns the bytes in the queue. */
  takeUnsent(): Buffer[] {
    this.flush();
    const unsent = this.queue.takeAll();
    this.stop();
    return unsent;
  }

  /** Stops sending and drops the queue. */
  stop(): void {
    this.flush();
    this.stopped = true;
    this.queue.clear();
    this.queue = NO_QUEUE;
    this.end.watchWritable(false);
  }

  /**
   * Takes this sender out of the batch. The program has requested the socket and may give it to a child or to `sockSendFile`, whose
   * bytes would overtake the deferred ones.
   */
  sendAlone(): void {
    this.flush();
    this.batch = null;
  }

  /** The number of unsent bytes, including deferred ones. Does not flush, so `toString` can use it. */
  get waiting(): number {
    return this.queue.size + this._deferred + this.end.unsent;
  }

  /** Sends queued bytes, and resumes or ends what waited for that. Called when the end has room or bytes have left it. */
  sendQueued(): void {
    if (this.queue.size === 0) {
      this.life.checkResume(this.end.unsent);
      return;
    }
    const parts = this.queue.parts();
    const sent = parts.length === 1 ? this.end.send(parts[0]!) : this.end.sendAll(parts);
    if (sent < 0) {
      if (sent !== EAGAIN) this.failed(sent);
      return;
    }
    this.queue.drop(sent);
    this.life.checkResume(this.queue.size + this.end.unsent); // the protocol may write again, or close
    if (this.queue.size > 0 || this.stopped) return;
    this.queue = NO_QUEUE;
    this.end.watchWritable(false);
    if (this.life.isDraining) this.life.drained();
    else if (this.eofWanted) this.shutDown();
  }

  private get life(): ConnectionLife<StreamProtocol> {
    return this.owner.life;
  }

  // --- In the batch -------------------------------------------------------------------------------------------------

  /** Defers a write to the batch. Never defers more than the high watermark, above which the protocol must be paused. */
  private defer(data: Uint8Array): boolean {
    const { batch } = this;
    if (batch === null || !this._mayDefer() || this._deferred + data.length > this.life.limits.high) return false;
    return batch.defer(this, this.socket!.fileno(), data);
  }

  private flush(): void {
    if (this._deferred > 0) this.batch!.flush();
  }

  /** @internal Returns true if a write may join the batch: no earlier bytes are queued, which it would overtake. */
  _mayDefer(): boolean {
    return this.queue.size === 0 && !this.stopped && this.batch !== null;
  }

  /** @internal Queues the deferred bytes that the kernel did not accept. */
  _keepRest(result: number, rest: Uint8Array): void {
    if (result >= 0 || result === EAGAIN) this.keep(rest);
  }

  /** @internal The batch was sent: reports an error, or applies backpressure for the rest. */
  _batchSent(result: number): void {
    this.life.inContext(() => this.sentInPart(result, [])); // another connection's code may have flushed the batch
  }

  // --- In the queue -------------------------------------------------------------------------------------------------

  /** Queues what the end did not accept: all but the first `sent` bytes of `list`. A negative `sent` is -errno. */
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
    if (this.queue.size > 0) this.watchWritable();
    if (!this.stopped) this.life.checkPause(this.queue.size + this.end.unsent);
  }

  /** Queues every buffer before `pauseWriting` is called, because the protocol may write more from inside that call. */
  private enqueue(list: readonly Uint8Array[]): void {
    for (const data of list) this.keep(data);
    this.life.checkPause(this.queue.size + this.end.unsent);
  }

  private keep(data: Uint8Array, skip = 0): void {
    if (this.queue === NO_QUEUE) this.queue = new WriteQueue();
    this.queue.push(data, skip);
  }

  private watchWritable(): void {
    try {
      this.end.watchWritable(true);
    } catch (error) {
      this.owner._failed(error, 'write');
    }
  }

  private failed(errno: number): void {
    this.owner._failed(new OSError(errno, this.end.sends), 'write');
  }
}
