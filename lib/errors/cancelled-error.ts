/** The error that a cancelled operation throws. */

import { isError, isInstance } from './is-error.js';

/**
 * Thrown at the `await` or `yield*` where a cancelled task is parked, and by `result()` of a cancelled future. Let it propagate and
 * clean up in `finally`: a task that swallows it keeps running as if it had not been cancelled.
 */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly code = 'ERR_CANCELLED';
  /** The argument of `cancel(reason)`, unchanged; undefined if there was none. */
  readonly reason: unknown;

  /** @param reason kept unchanged in `reason`; its text becomes the message */
  constructor(reason?: unknown) {
    super(reason === undefined || reason === null ? '' : describeReason(reason));
    this.reason = reason ?? undefined;
  }
}

function describeReason(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  try {
    return String(isError(reason) ? reason.message : reason);
  } catch {
    return 'cancelled'; // an object without toString must not turn a cancellation into a TypeError
  }
}

/** Returns true for a {@link CancelledError}, which means "stop" rather than "it failed". */
export function isCancelled(error: unknown): error is CancelledError {
  return isInstance(error, CancelledError);
}
