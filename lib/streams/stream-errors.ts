/** Errors thrown by StreamReader. */

/** The stream ended before all requested bytes had arrived. */
export class IncompleteReadError extends Error {
  override readonly name = 'IncompleteReadError';
  readonly code = 'ERR_INCOMPLETE_READ';
  /** The bytes that had arrived. They have been taken from the stream. */
  readonly partial: Buffer;
  /** The number of bytes requested; null if the operation was waiting for a separator. */
  readonly expected: number | null;

  constructor(partial: Buffer, expected: number | null) {
    super(`${partial.length} bytes read on a total of ${expected ?? 'undefined'} expected bytes`);
    this.partial = partial;
    this.expected = expected;
  }
}

/** A separator is farther away than the limit of the stream. No bytes have been taken from the stream. */
export class LimitOverrunError extends Error {
  override readonly name = 'LimitOverrunError';
  readonly code = 'ERR_LIMIT_OVERRUN';
  /** The number of bytes that can be taken without splitting the separator: `readExactly(error.consumed)`. */
  readonly consumed: number;

  constructor(message: string, consumed: number) {
    super(message);
    this.consumed = consumed;
  }
}
