/** The error that a broken barrier throws. */

/** The barrier was aborted, or was reset while the task was waiting at it. */
export class BrokenBarrierError extends Error {
  override readonly name = 'BrokenBarrierError';
  readonly code = 'ERR_BROKEN_BARRIER';

  constructor(message = 'the barrier is broken') {
    super(message);
  }
}
