/** Errors caused by how the library is used: wrong state, wrong loop, wrong mode. */

/** The codes of {@link LoopError}. */
export type LoopErrorCode =
  | 'ERR_NO_RUNNING_LOOP'
  | 'ERR_LOOP_RUNNING'
  | 'ERR_LOOP_CLOSED'
  | 'ERR_LOOP_STOPPED'
  | 'ERR_INSPECTOR_UNAVAILABLE'
  | 'ERR_NEEDS_HOST'
  | 'ERR_UNSUPPORTED_NODE';

/** The event loop is not in the state that the call needs; `code` says which state it is in. */
export class LoopError extends Error {
  override readonly name = 'LoopError';
  readonly code: LoopErrorCode;

  constructor(code: LoopErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A future, task, socket or handle is in the wrong state for the operation. */
export class InvalidStateError extends Error {
  override readonly name = 'InvalidStateError';
  readonly code = 'ERR_INVALID_STATE';
}

/** An operation exceeded its time limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';

  constructor(message = 'the operation timed out', options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * A blocking loop has nothing left that could wake it: no ready handle, no timer, no descriptor. The message lists the pending
 * tasks and what each one waits for.
 */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
  readonly code = 'ERR_DEADLOCK';
}

/** A descriptor is registered twice, is not registered, or the selector is closed; `code` says which. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  readonly code: 'EEXIST' | 'ENOENT' | 'ERR_SELECTOR_CLOSED';

  constructor(code: SelectorError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
