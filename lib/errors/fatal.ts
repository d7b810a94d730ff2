/**
 * Errors that stop the loop instead of going to its exception handler.
 *
 * Python has BaseException for this (KeyboardInterrupt, SystemExit). JavaScript has one kind of Error, so a fatal error carries the
 * mark below: it leaves `runForever()` and `run()` immediately, whichever callback or task threw it.
 */

/** An error with `[fatal]: true` stops the loop and is thrown by its run, instead of being reported. */
export const fatal: unique symbol = Symbol.for('selectloop.fatal');

/** True if an error carries the {@link fatal} mark. */
export function isFatal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { [fatal]?: unknown })[fatal] === true;
}

/**
 * Ctrl-C: SIGINT arrived during `run`, `runSync` or a run of a `Runner`, and cancelled its main task. Thrown by the run after the
 * clean-up; its `cause` is the CancelledError. Catch it to end differently: uncaught, it prints nothing, and SIGINT kills the process
 * (status 130 in a shell) after its 'exit' listeners.
 */
export class KeyboardInterrupt extends Error {
  override readonly name = 'KeyboardInterrupt';
  readonly code = 'ERR_KEYBOARD_INTERRUPT';
  readonly [fatal] = true;

  constructor(message = 'interrupted by SIGINT', options?: ErrorOptions) {
    super(message, options);
  }
}
