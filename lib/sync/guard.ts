/** The result of `acquire()`: releases when it is disposed. */

/**
 * Releases a lock or a semaphore slot when it is disposed: `using guard = yield* lock.acquire()`, or `guard[Symbol.dispose]()` in a
 * `finally`. Only the first disposal counts. Do not call `release()` as well: after
 * the first release, another task may hold the lock.
 */
export class Guard implements Disposable {
  private held: { release(): void } | null;

  /** @internal Made by `acquire()`. */
  constructor(held: { release(): void }) {
    this.held = held;
  }

  /** Releases on the first call; later calls do nothing. */
  [Symbol.dispose](): void {
    const { held } = this;
    this.held = null;
    held?.release();
  }
}
