/**
 * StreamReader: reads a byte stream by size, by line or by record.
 *
 * Every operation leaves its bytes in the buffer until all have arrived, then takes them in one step that does not wait. So a cancelled
 * read has taken nothing, and the next read finds every byte.
 */

import { checkNames, optionNames } from '../errors/index.js';
import { checkBytes, checkInt, checkStillThere } from '../sockets/arguments.js';
import { checkFlag } from '../transports/arguments.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { DEFAULT_LIMIT, Inbox, type Pausable, checkLimit } from './inbox.js';
import { iterationOf } from './iteration.js';
import { type PipeTarget, checkTarget, pipeSteps } from './pipe.js';
import { Separators } from './separators.js';
import { IncompleteReadError, LimitOverrunError } from './stream-errors.js';

const newline = new Separators(Buffer.from('\n'));

/** Options of a reader. */
export interface StreamReaderOptions {
  /**
   * The longest line, and the longest record of `readUntil`, in bytes without the separator; protects against peers that never send one.
   * Above twice this many unread bytes, the transport stops receiving. Default: 65536.
   */
  limit?: number;
}

const READER_OPTIONS = optionNames<StreamReaderOptions>({ limit: true });

/**
 * Options of `StreamReader.chunks`.
 *
 * @example
 * import { StreamReader, run } from 'selectloop';
 *
 * await run(async () => {
 *   const reader = new StreamReader();
 *   reader.feedData(Buffer.from('abcde'));
 *   reader.feedEof();
 *   for await (const chunk of reader.chunks({ size: 3 })) console.log(String(chunk)); // abc, then de
 * });
 */
export interface ChunkOptions extends Abortable {
  /** The most bytes in one piece. Default: 65536. */
  size?: number;
}

const CHUNK_OPTIONS = optionNames<ChunkOptions>({ size: true, signal: true });

/**
 * Options of `StreamReader.pipeTo`.
 *
 * @example
 * import { run } from 'selectloop';
 * import { memoryPair } from 'selectloop/testing';
 *
 * await run(async () => {
 *   const [client, input] = memoryPair();
 *   const [output, server] = memoryPair();
 *   client.writer.write(Buffer.from('hello'));
 *   client.writer.writeEof();
 *   console.log(await input.reader.pipeTo(output.writer)); // 5
 *   console.log(String(await server.reader.read())); // hello
 *   for (const { writer } of [client, input, output, server]) writer.close();
 * });
 */
export interface PipeOptions extends Abortable {
  /** Whether to end the writer's side after the last byte. Default: true. */
  end?: boolean;
}

const PIPE_OPTIONS = optionNames<PipeOptions>({ end: true, signal: true });

/**
 * Reads from a stream. `openConnection` and `startServer` make it; one that you make yourself can be fed by hand.
 *
 * The operations are coroutines. Only one may be pending at a time: a second one throws an InvalidStateError. Cancelling one takes no
 * bytes from the stream. The caller may keep the returned Buffers; several may be views of the same memory, which is freed with the
 * last of them.
 *
 * @example
 * import { StreamReader, run } from 'selectloop';
 *
 * await run(async () => {
 *   const reader = new StreamReader();
 *   reader.feedData(Buffer.from('first\nsecond\n'));
 *   reader.feedEof();
 *   for await (const line of reader) console.log(String(line).trim()); // first, then second
 * });
 */
export class StreamReader {
  /** @internal The buffer that the transport feeds. */
  readonly _inbox: Inbox;
  /** @internal The writer of the same connection, kept alive so that it does not count as leaked while the reader is in use. */
  _writer: object | null = null;

  /** @param options the limit; RangeError unless it is greater than 0 */
  constructor(options: StreamReaderOptions = {}) {
    this._inbox = new Inbox(checkLimit(checkNames('StreamReader: options', options, READER_OPTIONS).limit));
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /**
   * Reads up to `n` bytes, and waits only if none have arrived. Without `n`, or with a negative `n`, reads until EOF. An empty buffer
   * means EOF (or that `n` is 0).
   */
  read(n = -1, options?: Abortable): Coroutine<Buffer> {
    const count = checkInt('StreamReader.read: n', n, -0x8000_0000);
    return operation('StreamReader.read', count < 0 ? this.readAllSteps() : this.readSteps(count), options);
  }

  /**
   * Reads into `buffer`, which the caller owns, and waits only if no bytes have arrived. Returns their number; 0 means EOF (or that the
   * buffer is empty). While it waits, bytes are received directly into the buffer, so a large one makes large messages cheap. Cancelling it
   * takes no bytes from the stream, but what is in the buffer may have changed.
   *
   * @throws TypeError for anything but a Buffer or Uint8Array, and if its memory is transferred meanwhile; no bytes are lost then
   */
  readInto(buffer: Uint8Array, options?: Abortable): Coroutine<number> {
    checkBytes('StreamReader.readInto: buffer', buffer);
    return operation('StreamReader.readInto', this.readIntoSteps(buffer, buffer.length), options);
  }

  /**
   * Reads a line, including its `\n`. At EOF it returns the remaining bytes, which may be none.
   *
   * Throws a RangeError if the line is longer than the limit. The line is then removed from the stream; if its end has not arrived yet,
   * everything received so far is removed.
   */
  readline(options?: Abortable): Coroutine<Buffer> {
    return operation('StreamReader.readline', this.recordSteps(newline, true), options);
  }

  /**
   * Reads exactly `n` bytes. The limit does not apply.
   *
   * Throws an IncompleteReadError if the stream ends first. Its `partial` has the bytes that had arrived; they are removed from the stream.
   */
  readExactly(n: number, options?: Abortable): Coroutine<Buffer> {
    const count = checkInt('StreamReader.readExactly: n', n);
    return operation('StreamReader.readExactly', this.exactSteps(count), options);
  }

  /**
   * Reads up to and including a separator, by default `\n`. If several are given, the one that ends first counts.
   *
   * Throws a LimitOverrunError if the separator is farther away than the limit, and leaves the stream unchanged. Throws an
   * IncompleteReadError if the stream ends first; its `partial` has the bytes that had arrived, which are removed from the stream.
   */
  readUntil(separator?: Uint8Array | readonly Uint8Array[], options?: Abortable): Coroutine<Buffer> {
    const separators = separator === undefined ? newline : new Separators(separator);
    return operation('StreamReader.readUntil', this.recordSteps(separators, false), options);
  }

  /**
   * Iterates over the bytes as they arrive, in pieces of at most `size` bytes, until EOF: `for await (const chunk of reader.chunks())`, in
   * async functions. Leaving the loop early keeps the rest in the stream.
   *
   * @throws TypeError or RangeError unless `size` is an integer >= 1
   */
  chunks(options: ChunkOptions = {}): AsyncIterable<Buffer> {
    const { size = DEFAULT_LIMIT, signal } = checkNames('StreamReader.chunks: options', options, CHUNK_OPTIONS);
    checkInt('StreamReader.chunks: size', size, 1);
    return { [Symbol.asyncIterator]: () => iterationOf(() => this.read(size, { signal })) };
  }

  /**
   * Copies the stream to `writer` until EOF, and returns the number of bytes. It reads no faster than the other side accepts: above the
   * high-water mark of the writer it waits, as `drain` does.
   *
   * After the last byte it ends the writer's side with `writeEof`, or closes the writer if its transport has no such half-close; with
   * `end: false` it does neither. If the connection of either side fails, it throws that error; it also notices the end of the writer's
   * connection while it waits for bytes (OSError ECONNRESET if it was closed). Then, and if it is cancelled, both sides stay open, and every
   * byte that was read has been written: the caller closes both.
   *
   * @throws TypeError unless `writer` is a StreamWriter; InvalidStateError while another read waits
   */
  pipeTo(writer: PipeTarget, options: PipeOptions = {}): Coroutine<number> {
    const { end = true } = checkNames('StreamReader.pipeTo: options', options, PIPE_OPTIONS);
    checkFlag('StreamReader.pipeTo: end', end);
    checkTarget(writer);
    return operation('StreamReader.pipeTo', pipeSteps(this, writer, end), options, null);
  }

  /** Iterates over the lines, each with its `\n`, until EOF: `for await (const line of reader)`, in async functions. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    return iterationOf(() => this.readline());
  }

  /** Returns true once the stream has ended and everything was read. */
  atEof(): boolean {
    return this._inbox.ended && this._inbox.bytes.length === 0;
  }

  // --- Feeding ------------------------------------------------------------------------------------------------------

  /**
   * Appends bytes, as the transport does. The reader then owns them: do not change them. Empty data is ignored. InvalidStateError after
   * `feedEof`.
   */
  feedData(data: Uint8Array): void {
    const bytes = checkBytes('StreamReader.feedData', data);
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this._inbox.push(chunk);
  }

  /** Marks EOF: no more bytes will be fed. */
  feedEof(): void {
    this._inbox.end();
  }

  /** Makes every read throw `error`, including the pending one, even if bytes are left. */
  setException(error: unknown): void {
    this._inbox.fail(error);
  }

  /** Returns the error that was passed to `setException` or that ended the connection; null if there is none. */
  exception(): unknown {
    return this._inbox.exception();
  }

  /** Sets the transport to pause when too many bytes are unread. InvalidStateError if there already is one. */
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

  private *readIntoSteps(buffer: Uint8Array, length: number): Steps<number> {
    const inbox = this._inbox;
    inbox.enter('readInto');
    while (length > 0 && inbox.bytes.length === 0 && !inbox.ended) {
      yield* inbox.arrivalInto(buffer);
      const filled = inbox.takeFilled();
      if (filled > 0) return filled;
    }
    checkStillThere('StreamReader.readInto: buffer', buffer, length); // otherwise it would look like the end
    return inbox.moveInto(buffer);
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

  /** @param forgiving true for `readline`, which accepts EOF in place of a newline */
  private *recordSteps(separators: Separators, forgiving: boolean): Steps<Buffer> {
    const inbox = this._inbox;
    const { bytes, limit } = inbox;
    inbox.enter(forgiving ? 'readline' : 'readUntil');
    for (let searched = 0; ;) {
      const match = separators.find(bytes, searched);
      if (match !== null) {
        if (match.start <= limit) return inbox.take(match.end);
        throw this.overrun(forgiving, 'found, but beyond', match.start, match.end);
      }
      // The last bytes may be the beginning of a separator.
      searched = Math.max(0, bytes.length + 1 - separators.longest);
      if (searched > limit) throw this.overrun(forgiving, 'not found within', searched, bytes.length);
      if (inbox.ended) {
        const rest = inbox.take(bytes.length);
        if (forgiving) return rest;
        throw new IncompleteReadError(rest, null);
      }
      yield* inbox.arrival(bytes.length + 1);
    }
  }

  /** Returns the error for a record that is too long. For `readline` it is a RangeError, and the line of `length` bytes is dropped. */
  private overrun(isLine: boolean, where: string, consumed: number, length: number): Error {
    const { limit } = this._inbox;
    const what = isLine ? 'readline: the line is longer than' : `readUntil: the separator is ${where}`;
    const message = `${what} the limit of ${limit} bytes (option 'limit')`;
    const error = new LimitOverrunError(message, consumed);
    if (!isLine) return error;
    this._inbox.take(length);
    return Object.assign(new RangeError(message, { cause: error }), { code: 'ERR_OUT_OF_RANGE' });
  }
}
