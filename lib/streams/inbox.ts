/**
 * The receive buffer of a stream: bytes that have arrived and were not read.
 *
 * It holds the bytes, EOF or an error, and the one task that waits for them. It also applies backpressure: above twice the limit the
 * transport is paused, and at the limit or below it is resumed.
 *
 * It is separate from StreamReader so that a transport refers to the inbox and not to the reader. A leaked reader and writer can then be
 * garbage collected, which is how a connection that was never closed is detected.
 */

import { InvalidStateError, describeError, outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { FutureWait } from '../tasks/generator-driver.js';
import { Future } from '../tasks/index.js';
import { handedOverError } from '../transports/hand-over.js';
import { ChunkList } from './chunk-list.js';

/** 64 KiB. */
export const DEFAULT_LIMIT = 65_536;

/** A source that can be paused, such as a transport. */
export interface Pausable {
  /** Stops delivering data, because the reader's buffer is full. */
  pauseReading(): void;
  /** Delivers data again. */
  resumeReading(): void;
  /** Ends the connection without sending what is pending. */
  abort?(): void;
}

/** Receives the stream in place of an inbox, see `redirect`. */
export interface InboxTarget {
  dataReceived(data: Buffer): void;
  eofReceived(): void;
  sourceLost(error: unknown): void;
}

export class Inbox {
  /** May be inspected from outside; to remove bytes, call `take`. */
  readonly bytes = new ChunkList();
  /** True at EOF: nothing more will arrive. */
  ended = false;
  private failed = false;
  private failure: unknown = null;
  /** An operation has thrown the failure, so the program knows of it. */
  isFailureKnown = false;
  /** The failure is the hand-over, and not an error of the connection. */
  private handedOver = false;
  private source: Pausable | null = null;
  private paused = false;
  /** The future of the parked task, or of one that was woken and has not run yet. */
  private waiter: Arrival | null = null;
  /** The operation that began last, for error messages. */
  operation = '';
  /** The number of bytes that the waiter needs. */
  private wanted = 0;
  /** Where the waiter wants its bytes; null: in `bytes`. */
  private into: Uint8Array | null = null;
  /** How many bytes are there that the waiter has not taken yet. */
  private filled = 0;
  /** Receives instead, after `redirect`. */
  private target: InboxTarget | null = null;
  /** The target has aborted; a source that is set later is also aborted. */
  private aborted = false;

  /** @param limit the source is paused above twice this many unread bytes */
  constructor(readonly limit: number) {}

  // --- Feeding ------------------------------------------------------------------------------------------------------

  /** Sets the source to pause. InvalidStateError if there already is one. */
  setSource(source: Pausable): void {
    if (this.source !== null) throw new InvalidStateError('the stream reader has a transport already');
    this.source = source;
    if (this.aborted) source.abort?.();
    else if (this.paused) source.pauseReading();
  }

  /** Replaces the source to pause. */
  replaceSource(source: Pausable): void {
    this.source = source;
    if (this.paused) source.pauseReading();
  }

  /** Appends bytes that a program feeds, which the inbox then owns. The waiting task resumes in the next iteration. */
  push(chunk: Buffer): void {
    if (this.append(chunk)) this.wake();
    this.checkBackpressure();
  }

  /** Appends bytes that the loop has received. The waiting task resumes inside this call: the loop is its only caller. */
  receive(chunk: Buffer): void {
    if (this.append(chunk)) this.waiter!._finishNow();
    this.checkBackpressure();
  }

  /**
   * Returns the memory into which the loop should receive, because the waiter wants its bytes there and none are before them; null if it
   * should call `receive`. After it, the loop calls `receivedInto`.
   */
  destination(): Uint8Array | null {
    const { into, waiter } = this;
    if (into === null || into.length === 0 || this.target !== null) return null; // 0: its memory was transferred
    return this.bytes.length === 0 && waiter?.done() === false ? into : null;
  }

  /** The loop has received `count` bytes into the destination. The waiting task resumes inside this call. */
  receivedInto(count: number): void {
    const received = this.into!.subarray(0, count);
    this.filled = count;
    this.waiter!._finishNow();
    if (this.filled === 0) return;
    this.filled = 0;
    this.bytes.push(Buffer.from(received)); // the task was cancelled, or will run later: the bytes must stay in order
  }

  /** Appends bytes, or passes them to the target. Returns true if a pending waiter now has enough. */
  private append(chunk: Buffer): boolean {
    if (this.ended) throw new InvalidStateError('data was fed to a stream reader after its end');
    if (chunk.length === 0) return false;
    if (this.target !== null) {
      this.target.dataReceived(chunk);
      return false;
    }
    this.bytes.push(chunk);
    return this.waiter !== null && !this.waiter.done() && this.bytes.length >= this.wanted;
  }

  private checkBackpressure(): void {
    // A waiter that needs even more bytes would have to resume the source immediately.
    if (this.waiter !== null && !this.waiter.done()) return;
    if (this.bytes.length > 2 * this.limit) this.pause();
  }

  /** Marks EOF. */
  end(): void {
    this.ended = true;
    this.target?.eofReceived();
    this.wake();
  }

  /** Makes all reads fail, including the pending one. */
  fail(error: unknown): void {
    this.target?.sourceLost(error);
    this.failed = true;
    this.failure = error;
    this.handedOver = false;
    this.wake();
  }

  // --- Hand-over ----------------------------------------------------------------------------------------------------

  /** Returns true if `source` feeds this inbox. */
  isFedBy(source: Pausable): boolean {
    return this.source === source;
  }

  /**
   * Removes and returns all unread bytes, and makes reads fail, because another object receives the stream from now on. `ended` stays.
   *
   * The caller has called `checkFailure` before: this replaces an earlier failure. It also resumes the source, which may be paused, and
   * makes sure that the source no longer feeds this inbox.
   */
  detach(): Buffer {
    const bytes = this.bytes.take(this.bytes.length);
    this.paused = false;
    this.fail(handedOverError('read'));
    this.handedOver = true;
    return bytes;
  }

  /**
   * Makes reads fail, as `detach` does, but for a source that keeps feeding this inbox: `target` gets the unread bytes and EOF, and
   * everything that arrives later. Called at most once.
   *
   * @returns the source as the target may pause and abort it; the target resumes it first, because it may be paused
   */
  redirect(target: InboxTarget): Required<Pausable> {
    const early = this.detach();
    this.target = target;
    if (early.length > 0) target.dataReceived(early);
    if (this.ended) target.eofReceived();
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

  private wake(): void {
    if (this.waiter?.done() === false) this.waiter.setResult();
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /** Returns the error that reads throw; null if there is none. */
  exception(): unknown {
    return this.failure;
  }

  /** Throws the error that reads throw, if there is one. @param operation the method to name after a hand-over */
  checkFailure(operation: string): void {
    if (!this.failed) return;
    if (this.handedOver) throw handedOverError(operation);
    this.isFailureKnown = true;
    throw this.failure;
  }

  /** Starts an operation. Throws the failure if there is one; InvalidStateError while another operation waits. */
  enter(operation: string): void {
    this.checkFailure(operation);
    if (this.waiter !== null && !this.waiter.cancelled()) throw alreadyWaiting(operation);
    this.operation = operation;
  }

  /** Returns a future to `yield*`: it waits for `count` bytes or EOF, and throws if the stream fails. */
  arrival(count: number): Arrival {
    if (this.paused) this.resume();
    this.wanted = count;
    this.into = null;
    this.waiter = new Arrival(currentLoop(), this);
    return this.waiter;
  }

  /** The same for a byte or more, which may be put into `buffer`: `takeFilled` returns how many were. */
  arrivalInto(buffer: Uint8Array): Arrival {
    const arrival = this.arrival(1);
    this.into = buffer;
    return arrival;
  }

  /** Returns how many bytes the loop has received into the buffer of `arrivalInto`, which then belong to the caller. */
  takeFilled(): number {
    const { filled } = this;
    this.filled = 0;
    return filled;
  }

  /** The wait on `arrival` has ended. */
  leave(arrival: Arrival): void {
    if (this.waiter !== arrival) return; // after a cancellation another operation may already wait
    this.waiter = null;
    this.into = null;
  }

  /** Removes the first `count` bytes and returns them. */
  take(count: number): Buffer {
    const taken = this.bytes.take(count);
    if (this.paused && this.bytes.length <= this.limit) this.resume();
    return taken;
  }

  /** Moves the first bytes into `buffer`, as many as fit. Returns their number. */
  moveInto(buffer: Uint8Array): number {
    const moved = this.bytes.moveInto(buffer);
    if (this.paused && this.bytes.length <= this.limit) this.resume();
    return moved;
  }

  // --- Backpressure -------------------------------------------------------------------------------------------------

  private pause(): void {
    if (this.paused || this.source === null) return;
    this.paused = true;
    this.source.pauseReading();
  }

  private resume(): void {
    this.paused = false;
    this.source?.resumeReading();
  }

  /** Returns the parts of a reader's `toString`. */
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

/** The future that a reading task waits for. Its iterator does the clean-up without a generator, because most reads have to wait. */
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

/** Frees the inbox for the next operation, however the wait ends. */
class ArrivalWait extends FutureWait<Arrival, void> {
  constructor(private readonly arrival: Arrival) {
    super(arrival);
  }

  override next(): IteratorResult<Arrival, void> {
    const { arrival } = this;
    if (!arrival.done()) return super.next();
    arrival.inbox.leave(arrival);
    if (!arrival.cancelled()) arrival.inbox.checkFailure(arrival.inbox.operation);
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

function alreadyWaiting(operation: string): InvalidStateError {
  return new InvalidStateError(`${operation}() called while another coroutine is already waiting for incoming data`);
}

/** Checks and returns a limit; the default is 64 KiB. TypeError unless it is a number, RangeError unless it is > 0. */
export function checkLimit(limit: unknown = DEFAULT_LIMIT, method = 'StreamReader'): number {
  const expected = 'a number of bytes > 0';
  if (typeof limit !== 'number') throw wrongType(`${method}: limit`, expected, limit);
  if (!(limit > 0)) throw outOfRange(`${method}: limit`, expected, limit);
  return limit;
}
