/** The errors of reading from streams. */

/** The stream ended before all of what was asked for had come. */
export class IncompleteReadError extends Error {
  override readonly name = 'IncompleteReadError';
  readonly code = 'ERR_INCOMPLETE_READ';
  /** What had come; it is taken from the stream. */
  readonly partial: Buffer;
  /** How many bytes were asked for; null if that was not a number but a separator. */
  readonly expected: number | null;

  constructor(partial: Buffer, expected: number | null) {
    super(`${partial.length} bytes read on a total of ${expected ?? 'undefined'} expected bytes`);
    this.partial = partial;
    this.expected = expected;
  }
}

/** A separator is farther away than the limit of the stream. Nothing is taken from it. */
export class LimitOverrunError extends Error {
  override readonly name = 'LimitOverrunError';
  readonly code = 'ERR_LIMIT_OVERRUN';
  /** How many bytes can be taken from the stream without taking a part of the separator: `readExactly(error.consumed)`. */
  readonly consumed: number;

  constructor(message: string, consumed: number) {
    super(message);
    this.consumed = consumed;
  }
}
