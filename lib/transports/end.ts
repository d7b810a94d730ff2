/**
 * What a stream transport stands on: an end of a socket, of a pipe, of a stream of Node's, or of a pair in memory. An end moves
 * bytes and reports events; it knows nothing of protocols.
 */

/** What an end reports. Every call comes from the loop, in the context of the connection. */
export interface EndEvents {
  /** @internal There is something to receive: bytes, the end, or an error. Comes again in later iterations while there is. */
  _readable(): void;
  /** @internal There may be room to send, or bytes that `send` took have left. */
  _writable(): void;
  /** @internal The end has failed. */
  _failed(error: unknown, during: 'read' | 'write'): void;
  /** @internal It ended by itself, or has done what `finish` began. */
  _ended(error: unknown): void;
  /** @internal The loop closes and takes the end with it. */
  _loopCloses(): void;
  toString(): string;
}

/** One end of a stream. Counts are bytes, or `-errno`; nothing waits. */
export interface End {
  /** The system calls that errors name. */
  readonly receives: string;
  readonly sends: string;
  /** Bytes that `send` took and that have not left; 0 for a descriptor. */
  readonly unsent: number;
  /** How many bytes the next receive will probably bring; -1 if unknown. */
  readonly sizeHint: number;
  /** True if more was received than the last call took: the events will not tell. */
  hasMore(): boolean;
  /** At most `n` bytes, the caller's to keep; none at the end of the stream; -EAGAIN if there is nothing yet. */
  receive(n: number): Buffer | number;
  /** As `receive`, into the caller's buffer. */
  receiveInto(buffer: Uint8Array): number;
  /** Sends bytes, or a part of them. The buffer is the caller's again when it returns. */
  send(data: Uint8Array): number;
  /** Sends several buffers, none of them empty. */
  sendAll(list: readonly Uint8Array[]): number;
  /** Whether `_readable` is wanted. OSError if it is impossible. */
  watchReadable(wanted: boolean): void;
  /** Whether `_writable` is wanted, because `send` did not take everything. */
  watchWritable(wanted: boolean): void;
  /** Ends this side of the stream, after what was sent. */
  shutdown(): void;
  /** True unless an orderly close takes time; then `_ended` follows. */
  finish(): boolean;
  /** The connection is closing: it knows what it does, and others may use the descriptor. */
  closing(): void;
  /** No more events; what has not left is dropped. */
  stop(): void;
  /** Gives back what is below. Idempotent. */
  release(): void;
  /** A fact for `getExtraInfo`; undefined if it is not known. */
  fact(name: string): unknown;
  /** What it does, for the transport's `toString`. */
  describe(bufferSize: number): string;
}
