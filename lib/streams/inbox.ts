/**
 * What has arrived and has not been read: the side of a stream that is fed.
 *
 * The bytes, then perhaps the end or an error; the one task that waits for them; and the brake: when more than twice the limit
 * is waiting to be read, the transport is paused, and resumed once no more than the limit is left.
 *
 * It is apart from StreamReader so that a transport refers to this and not to the reader: a reader and a writer that the
 * program has dropped can be collected, which is how a connection that was never closed is noticed.
 */

import { InvalidStateError, describeValue, outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { FutureWait } from '../tasks/future-wait.js';
import { Future } from '../tasks/index.js';
import { handedOverError } from '../transports/hand-over.js';
import { ChunkList } from './chunk-list.js';

/** 64 KiB. */
export const DEFAULT_LIMIT = 65_536;

/** What can be told to send no more for a while: a transport. */
export interface Pausable {
  pauseReading(): void;
  resumeReading(): void;
  abort?(): void;
}

/** What receives instead of an inbox. */
export interface InboxHeir {
  dataReceived(data: Buffer): void;
  eofReceived(): void;
  sourceLost(error: unknown): void;
}

export class Inbox {
  /** Read it, but take bytes by `take`. */
  readonly bytes = new ChunkList();
  /** Nothing more will come. */
  ended = false;
  private failed = false;
  private failure: unknown = null;
  private source: Pausable | null = null;
  private paused = false;
  /** The future of the task that waits, or that was woken and has not run yet. */
  private waiter: Arrival | null = null;
  /** How many bytes it waits for. */
  private wanted = 0;
  private heir: InboxHeir | null = null;
  /** The heir is gone; so must be a transport that comes later. */
  private aborted = false;

  /** @param limit how many bytes may wait to be read before the brake is thought of */
  constructor(readonly limit: number) {}

  // --- Feeding ------------------------------------------------------------------------------------------------------

  /** What to pause. InvalidStateError if there is something already. */
  setSource(source: Pausable): void {
    if (this.source !== null) throw new InvalidStateError('the stream reader has a transport already');
    this.source = source;
    if (this.aborted) source.abort?.();
    else if (this.paused) source.pauseReading();
  }

  /** Pause this from now on, and let go of what was paused before. */
  replaceSource(source: Pausable): void {
    this.source = source;
    if (this.paused) source.pauseReading();
  }

  /**
   * Bytes have arrived; they belong to the inbox now.
   *
   * @param fromLoop there is no caller but the loop, so that the task that waits goes on at once, inside this call
   */
  push(chunk: Buffer, fromLoop: boolean): void {
    if (this.ended) throw new InvalidStateError('data was fed to a stream reader after its end');
    if (chunk.length === 0) return;
    if (this.heir !== null) {
      this.heir.dataReceived(chunk);
      return;
    }
    this.bytes.push(chunk);
    if (this.waiter !== null) {
      if (this.bytes.length >= this.wanted) this.wake(fromLoop);
      // While a task needs more than this to go on, pausing would only mean to resume at once.
      if (this.waiter !== null && !this.waiter.done()) return;
    }
    if (this.bytes.length > 2 * this.limit) this.pause();
  }

  /** Nothing more will come. */
  end(): void {
    this.ended = true;
    this.heir?.eofReceived();
    this.wake(false);
  }

  /** Nothing more can come: reads fail from now on, also the one that waits. */
  fail(error: unknown): void {
    this.heir?.sourceLost(error);
    this.failed = true;
    this.failure = error;
    this.wake(false);
  }

  // --- Handing over ---------------------------------------------------------------------------------------------------

  /** True if this is what feeds it. */
  isFedBy(source: Pausable): boolean {
    return this.source === source;
  }

  /** Returns everything that was not read. From now on reads fail: something else receives. */
  giveAway(): Buffer {
    const bytes = this.bytes.take(this.bytes.length);
    this.paused = false;
    this.fail(handedOverError('read'));
    return bytes;
  }

  /** Has everything given to the heir, beginning with what was not read. Returns what the heir pauses and aborts from now on. */
  redirect(heir: InboxHeir): Required<Pausable> {
    const early = this.giveAway();
    this.heir = heir;
    if (early.length > 0) heir.dataReceived(early);
    if (this.ended) heir.eofReceived();
    return {
      pauseReading: () => {
        this.paused = true;
        this.source?.pauseReading();
      },
      resumeReading: () => this.resume(),
      abort: () => {
        this.aborted = true;
        this.source?.abort?.();
      },
    };
  }

  private wake(fromLoop: boolean): void {
    const { waiter } = this;
    if (waiter === null || waiter.done()) return;
    if (fromLoop) waiter._finishNow();
    else waiter.setResult();
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /** What reads throw; null while all is well. */
  exception(): unknown {
    return this.failure;
  }

  /** Throws the error that reads throw, if there is one. */
  checkFailure(): void {
    if (this.failed) throw this.failure;
  }

  /** An operation begins. Throws the failure; InvalidStateError while another operation waits. */
  enter(operation: string): void {
    this.checkFailure();
    if (this.waiter === null || this.waiter.cancelled()) return;
    throw new InvalidStateError(`${operation}() called while another coroutine is already waiting for incoming data`);
  }

  /** `yield*` it to wait until there are `count` bytes, the end, or an error, which it throws. */
  arrival(count: number): Arrival {
    if (this.paused) this.resume();
    this.wanted = count;
    this.waiter = new Arrival(currentLoop(), this);
    return this.waiter;
  }

  /** The wait on `arrival` has ended. */
  leave(arrival: Arrival): void {
    if (this.waiter === arrival) this.waiter = null; // not if it was cancelled, and another operation waits already
  }

  /** Removes the first `count` bytes and returns them. */
  take(count: number): Buffer {
    const taken = this.bytes.take(count);
    if (this.paused && this.bytes.length <= this.limit) this.resume();
    return taken;
  }

  // --- The brake ----------------------------------------------------------------------------------------------------

  private pause(): void {
    if (this.paused || this.source === null) return;
    this.paused = true;
    this.source.pauseReading();
  }

  private resume(): void {
    this.paused = false;
    this.source?.resumeReading();
  }

  /** What a reader's `toString` tells. */
  describe(): string[] {
    const parts: string[] = [];
    if (this.bytes.length > 0) parts.push(`${this.bytes.length} bytes`);
    if (this.ended) parts.push('eof');
    if (this.waiter !== null) parts.push(`waiter=${this.waiter.toString()}`);
    if (this.failed) parts.push(`exception=${describeError(this.failure)}`);
    if (this.paused) parts.push('paused');
    return parts;
  }
}

/** What a task waits for; without a generator for the clean-up, because every read of a message that has not come yet waits. */
class Arrival extends Future<void> {
  constructor(
    loop: LoopCore,
    readonly inbox: Inbox,
  ) {
    super({ loop });
  }

  override [Symbol.iterator](): Iterator<Future, void> {
    return new ArrivalWait(this) as Iterator<Future, void>;
  }

  override toString(): string {
    return `<Future ${this.describeState()}>`;
  }
}

/** However the wait ends, the inbox is free for the next. */
class ArrivalWait extends FutureWait<Arrival, void> {
  constructor(private readonly arrival: Arrival) {
    super(arrival);
  }

  override next(): IteratorResult<Arrival, void> {
    const { arrival } = this;
    if (!arrival.done()) return super.next();
    arrival.inbox.leave(arrival);
    if (!arrival.cancelled()) arrival.inbox.checkFailure();
    return super.next();
  }

  override throw(error: unknown): never {
    this.arrival.inbox.leave(this.arrival);
    throw error;
  }

  override return(value: void): IteratorResult<Arrival, void> {
    this.arrival.inbox.leave(this.arrival);
    return super.return(value);
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? String(error) : describeValue(error);
}

/** A limit, by default 64 KiB. TypeError unless it is a number, RangeError unless it is greater than 0. */
export function checkLimit(limit: unknown = DEFAULT_LIMIT): number {
  const expected = 'a number of bytes > 0';
  if (typeof limit !== 'number') throw wrongType('StreamReader: limit', expected, limit);
  if (!(limit > 0)) throw outOfRange('StreamReader: limit', expected, limit);
  return limit;
}
