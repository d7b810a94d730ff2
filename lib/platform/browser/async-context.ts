/**
 * What stays with an async function through every `await`: in a page, nothing does. These classes keep a store while a function is on the stack,
 * which is all that generators need. The playground compiles async functions to generators.
 */

/** A store for the functions that `run` calls. */
export class AsyncLocalStorage<T> {
  private store: T | undefined;

  getStore(): T | undefined {
    return this.store;
  }

  enterWith(store: T): void {
    this.store = store;
  }

  run<R, A extends unknown[]>(store: T, fn: (...args: A) => R, ...args: A): R {
    const outer = this.store;
    this.store = store;
    try {
      return fn(...args);
    } finally {
      this.store = outer;
    }
  }

  exit<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): R {
    return this.run(undefined as T, fn, ...args);
  }
}

/** The place of a call. It has no stores to bring back. */
export class AsyncResource {
  runInAsyncScope<R, A extends unknown[]>(fn: (...args: A) => R, self?: unknown, ...args: A): R {
    return fn.apply(self, args);
  }
}
