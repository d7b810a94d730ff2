/**
 * Errors that must stop the loop instead of going to its exception handler.
 *
 * Python has BaseException for this (KeyboardInterrupt, SystemExit). JavaScript has one kind of Error, so an error is fatal when
 * it carries the mark below: it leaves `runForever()` and `run()` at once, whichever callback or task threw it.
 */

/** An error with `[fatal]: true` leaves the loop instead of being reported and passed over. */
export const fatal: unique symbol = Symbol.for('selectloop.fatal');

/** True if an error carries the {@link fatal} mark. */
export function isFatal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { [fatal]?: unknown })[fatal] === true;
}

/** SIGINT arrived while `run` or `runSync` was at work and its main task ended because of it. */
export class KeyboardInterrupt extends Error {
  override readonly name = 'KeyboardInterrupt';
  readonly code = 'ERR_KEYBOARD_INTERRUPT';
  readonly [fatal] = true;

  constructor(message = 'interrupted by SIGINT', options?: ErrorOptions) {
    super(message, options);
  }
}
