/**
 * Errors that must stop the loop instead of going to its exception handler.
 *
 * Python has BaseException for this (KeyboardInterrupt, SystemExit). JavaScript has a single Error hierarchy, so an error is fatal
 * if it carries the mark below. Whichever callback or task throws it, `runForever()` and `run()` rethrow it immediately.
 */

/** Marks a fatal error: one with `[fatal]: true` ends the loop's run instead of being reported to the exception handler. */
export const fatal: unique symbol = Symbol.for('selectloop.fatal');

/** Returns true if an error carries the {@link fatal} mark; false for a value that cannot be examined. */
export function isFatal(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && (error as { [fatal]?: unknown })[fatal] === true;
  } catch {
    return false;
  }
}

/**
 * Thrown by `run` and `runSync` when SIGINT (Ctrl-C) arrived and the main task ended because of it; `cause` is its CancelledError. Catch it
 * to end in another way: uncaught, it ends the process without a stack trace, killed by SIGINT (status 130 in a shell).
 */
export class KeyboardInterrupt extends Error {
  override readonly name = 'KeyboardInterrupt';
  readonly code = 'ERR_KEYBOARD_INTERRUPT';
  readonly [fatal] = true;

  constructor(message = 'interrupted by SIGINT', options?: ErrorOptions) {
    super(message, options);
  }
}
