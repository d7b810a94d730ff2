/**
 * StreamReader: reads a stream of bytes by amounts, lines or records.
 *
 * All operations leave what they need in the buffer until it is complete, and take it in one step that does not wait: so a read
 * that is cancelled, at whatever moment, has taken nothing, and the next one finds every byte.
 */

import { checkBytes, checkInt } from '../sockets/arguments.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { DEFAULT_LIMIT, Inbox, type Pausable, checkLimit } from './inbox.js';
import { Separators } from './separators.js';
import { IncompleteReadError, LimitOverrunError } from './stream-errors.js';

const newline = new Separators(Buffer.from('\n'));

/** How a reader is made. */
export interface StreamReaderOptions {
  /**
   * The longest line, and the longest record of `readUntil`, in bytes without the separator; a security measure. More than twice
   * as much waiting to be read stops the transport from receiving. Default: 65536.
   */
  limit?: number;
}

/**
 * Reads from a stream. `openConnection` and `startServer` make it; one of your own can be fed by hand.
 *
 * The operations are coroutines, and one of them can be under way at a time: InvalidStateError for a second. Cancelling one takes
 * no byte from the stream. The Buffers that they return are the caller's; several may be views of the same memory, which is
 * freed with the last of them.
 */
export class StreamReader {
  /** @internal What the transport feeds. */
  readonly _inbox: Inbox;
  /** @internal The writer of the same connection: it is in use, and not to be called dropped, while its reader is. */
  _writer: object | null = null;

  /** @param options the limit; RangeError unless it is greater than 0 */
  constructor({ limit }: StreamReaderOptions = {}) {
    this._inbox = new Inbox(checkLimit(limit));
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /**
   * Reads up to `n` bytes: as many as there are, waiting only if there are none. Without `n`, or with a negative one, reads until
   * the end. An empty buffer means the end of the stream (or that `n` is 0).
   */
  read(n = -1): Coroutine<Buffer> {
    const count = checkInt('StreamReader.read: n', n, -0x8000_0000);
    return new Coroutine(count < 0 ? this.readAllSteps() : this.readSteps(count), 'StreamReader.read');
  }

  /**
   * Reads a line with its `\n`; at the end of the stream what is left, without one, or an empty buffer.
   *
   * RangeError if the line is longer than the limit. The line is taken from the stream then, or if its end has not come yet, all
   * that there is.
   */
  readline(): Coroutine<Buffer> {
    return new Coroutine(this.recordSteps(newline, true), 'StreamReader.readline');
  }

  /**
   * Reads exactly `n` bytes. The limit does not apply.
   *
   * IncompleteReadError if the stream ends before; what there was is in its `partial`, and taken from the stream.
   */
  readExactly(n: number): Coroutine<Buffer> {
    return new Coroutine(this.exactSteps(checkInt('StreamReader.readExactly: n', n)), 'StreamReader.readExactly');
  }

  /**
   * Reads up to and including a separator, by default `\n`; of several, the one that ends first.
   *
   * LimitOverrunError if that is farther away than the limit, the stream being left as it is. IncompleteReadError if the stream
   * ends before; what there was is in its `partial`, and taken from the stream.
   */
  readUntil(separator?: Uint8Array | readonly Uint8Array[]): Coroutine<Buffer> {
    const separators = separator === undefined ? newline : new Separators(separator);
    return new Coroutine(this.recordSteps(separators, false), 'StreamReader.readUntil');
  }

  /** The lines, each with its `\n`, until the end of the stream: `for await (const line of reader)`, in async functions. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    // Not an async generator: `then` is called right here, inside the caller's task, which is how it learns what it waits for.
    return {
      next: () =>
        this.readline().then((line) =>
          line.length === 0 ? { done: true, value: undefined } : { done: false, value: line },
        ),
    };
  }

  /** True once the stream has ended and everything was read. */
  atEof(): boolean {
    return this._inbox.ended && this._inbox.bytes.length === 0;
  }

  // --- Feeding ------------------------------------------------------------------------------------------------------

  /**
   * Appends bytes, as the transport does. They belong to the reader from now on: do not change them. No bytes do nothing.
   * InvalidStateError after `feedEof`.
   */
  feedData(data: Uint8Array): void {
    const bytes = checkBytes('StreamReader.feedData', data);
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this._inbox.push(chunk, false);
  }

  /** Says that nothing more will come. */
  feedEof(): void {
    this._inbox.end();
  }

  /** Makes every read throw `error` from now on, also one that waits, and also if there are bytes left. */
  setException(error: unknown): void {
    this._inbox.fail(error);
  }

  /** What was given to `setException`, or broke the connection; null if nothing has. */
  exception(): unknown {
    return this._inbox.exception();
  }

  /** Names the transport to pause when too much waits to be read. InvalidStateError if there is one already. */
  setTransport(transport: Pausable): void {
    this._inbox.setSource(transport);
  }

  toString(): string {
    const { limit } = this._inbox;
    const parts = limit === DEFAULT_LIMIT ? [] : [`limit=${limit}`];
    return `<${['StreamReader', ...parts, ...this._inbox.describe()].join(' ')}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // --- Steps --------------------------------------------------------------------------------------------------------

  private *readSteps(n: number): Steps<Buffer> {
    const inbox = this._inbox;
    inbox.enter('read');
    while (n > 0 && inbox.bytes.length === 0 && !inbox.ended) yield* inbox.arrival(1);
    return inbox.take(Math.min(n, inbox.bytes.length));
  }

  private *readAllSteps(): Steps<Buffer> {
    const inbox = this._inbox;
    inbox.enter('read');
    while (!inbox.ended) yield* inbox.arrival(Infinity);
    return inbox.take(inbox.bytes.length);
  }

  private *exactSteps(n: number): Steps<Buffer> {
    const inbox = this._inbox;
    inbox.enter('readExactly');
    while (inbox.bytes.length < n) {
      if (inbox.ended) throw new IncompleteReadError(inbox.take(inbox.bytes.length), n);
      yield* inbox.arrival(n);
    }
    return inbox.take(n);
  }

  /** @param forgiving `readline`, for which the end of the stream is as good as a newline */
  private *recordSteps(separators: Separators, forgiving: boolean): Steps<Buffer> {
    const inbox = this._inbox;
    const { bytes, limit } = inbox;
    inbox.enter(forgiving ? 'readline' : 'readUntil');
    for (let searched = 0; ;) {
      const match = separators.find(bytes, searched);
      if (match !== null) {
        if (match.start <= limit) return inbox.take(match.end);
        throw this.overrun(
          'Separator is found, but chunk is longer than limit',
          match.start,
          forgiving ? match.end : 0,
        );
      }
      // A separator may have begun in the last bytes.
      searched = Math.max(0, bytes.length + 1 - separators.longest);
      if (searched > limit)
        throw this.overrun(
          'Separator is not found, and chunk exceed the limit',
          searched,
          forgiving ? bytes.length : 0,
        );
      if (inbox.ended) {
        const rest = inbox.take(bytes.length);
        if (forgiving) return rest;
        throw new IncompleteReadError(rest, null);
      }
      yield* inbox.arrival(bytes.length + 1);
    }
  }

  /** The error for a record that is too long. For `readline` it is a RangeError, and the line is dropped. */
  private overrun(message: string, consumed: number, dropped: number): Error {
    const error = new LimitOverrunError(message, consumed);
    if (dropped === 0) return error;
    this._inbox.take(dropped);
    return Object.assign(new RangeError(message, { cause: error }), { code: 'ERR_OUT_OF_RANGE' });
  }
}
