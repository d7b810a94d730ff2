/** What `acquire()` returns: releases when it is disposed of. */

/**
 * Releases once, however often it is disposed of: `using guard = yield* lock.acquire()`, or `guard[Symbol.dispose]()` in a
 * `finally`. Whoever uses the guard does not call `release()` as well: that would give back what somebody else holds by then.
 */
export class Guard implements Disposable {
  private held: { release(): void } | null;

  /** @internal */
  constructor(held: { release(): void }) {
    this.held = held;
  }

  /** Releases, the first time. */
  [Symbol.dispose](): void {
    const { held } = this;
    this.held = null;
    held?.release();
  }
}
