/** The error of barriers. */

/** The barrier was aborted, or was reset while the task waited at it. */
export class BrokenBarrierError extends Error {
  override readonly name = 'BrokenBarrierError';
  readonly code = 'ERR_BROKEN_BARRIER';

  constructor(message = 'the barrier is broken') {
    super(message);
  }
}
