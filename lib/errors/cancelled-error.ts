/** The error that cancellation throws. */

/**
 * Thrown at the `await` where a cancelled task waits, and by `result()` of a cancelled future. Let it pass (clean up in
 * `finally`): a task that swallows it goes on running, as if it had not been cancelled.
 */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly code = 'ERR_CANCELLED';
  /** What was given to `cancel()`, as it was given; undefined for `cancel()`. */
  readonly reason: unknown;

  /** @param reason becomes the message when it is a string; anything else is kept as it is in `reason` */
  constructor(reason?: unknown) {
    super(reason === undefined || reason === null ? '' : describeReason(reason));
    this.reason = reason ?? undefined;
  }
}

function describeReason(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  if (reason instanceof Error) return reason.message;
  try {
    return String(reason);
  } catch {
    return 'cancelled'; // an object without toString must not turn a cancellation into a TypeError
  }
}

/** True for a {@link CancelledError}: an error that means "stop", not "it failed". */
export function isCancelled(error: unknown): error is CancelledError {
  return error instanceof CancelledError;
}
