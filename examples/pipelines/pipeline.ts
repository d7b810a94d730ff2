/**
 * Pipelines of coroutines that consume: each receives items at its `yield`, and sends its results to the next stage.
 *
 * A stage has three lines (see `map`). It joins its target, so that the target is closed when the stage ends. It uses `received`, so
 * that errors thrown into it are forwarded to the target. And it stops when the target has finished. Nothing here waits: `send` returns
 * when the item has passed through the whole pipeline. The source may be a loop over a list, or a coroutine that waits for a file, a
 * socket or a child process.
 */

/** The body of a target. It receives an item at each `yield`, and its `finally` blocks run when it is closed. */
export type Consumer<T> = Generator<void, void, T>;

/** A pipeline leads back to one of its stages. */
export class ReentrancyError extends Error {
  override readonly name = 'ReentrancyError';
}

/** The names of the targets that are currently handling an item, outermost first. */
const active: string[] = [];

/** A coroutine to which items can be sent. `primed` creates them. */
export class Target<in T> {
  private done = false;
  private running = false;
  private closing = false;
  private senders = 0;
  private readonly body: Consumer<T>;

  /** Runs the body to its first `yield`; before that it cannot receive anything. */
  constructor(
    readonly name: string,
    body: Consumer<T>,
  ) {
    this.body = body;
    this.resume(() => body.next(undefined as T)); // the argument of the first next() is dropped by JavaScript
  }

  /** True when the target accepts no more items. */
  get finished(): boolean {
    return this.done;
  }

  /**
   * Passes an item to the body. An error of the body is thrown here, and finishes the target.
   *
   * @returns whether the target accepts more; false as well if it had already finished and dropped this item
   * @throws ReentrancyError if the target is handling another item
   */
  send(item: T): boolean {
    return !this.done && this.resume(() => this.body.next(item));
  }

  /**
   * Throws an error into the body, at its `yield`. A body that catches it continues.
   *
   * @returns whether the target accepts more
   * @throws the error, if no stage of this pipeline catches it
   */
  throw(error: unknown): boolean {
    if (this.done) throw error;
    return this.resume(() => this.body.throw(error));
  }

  /** Ends the body at its `yield`; its `finally` blocks run. While it handles an item, it ends after that item. Idempotent. */
  close(): void {
    this.closing = true;
    if (!this.done && !this.running) this.resume(() => this.body.return());
  }

  /** Registers a sender. Disposing of the result unregisters it; the last sender to do so closes the target. */
  join(): Disposable {
    this.senders += 1;
    return {
      [Symbol.dispose]: () => {
        this.senders -= 1;
        if (this.senders === 0) this.close();
      },
    };
  }

  private resume(step: () => IteratorResult<void>): boolean {
    if (this.running) throw new ReentrancyError(`a pipeline leads back to itself: ${pathTo(this.name)}`);
    this.running = true;
    active.push(this.name);
    const wasClosing = this.closing;
    try {
      this.done = step().done === true;
    } catch (error) {
      this.done = true;
      throw error;
    } finally {
      this.running = false;
      active.pop();
    }
    if (this.closing && !this.done) {
      if (wasClosing) throw new Error(`${this.name} continues although it was closed; does a finally block yield?`);
      this.close();
    }
    return !this.done;
  }
}

function pathTo(name: string): string {
  return [...active.slice(active.lastIndexOf(name)), name].join(' -> ');
}

/** Wraps a generator function so that it returns targets that are ready to receive. */
export function primed<Args extends unknown[], T>(body: (...args: Args) => Consumer<T>): (...args: Args) => Target<T> {
  return (...args) => new Target(body.name, body(...args));
}

/** Receives the next item: `const item = yield* received(target)`. Errors thrown in are forwarded to the target, which may catch them. */
export function* received<T>(target: Target<never>): Generator<void, T, T> {
  for (;;) {
    try {
      return yield;
    } catch (error) {
      target.throw(error);
    }
  }
}

/** Sends `change(item)` for each item. */
export const map = primed(function* map<In, Out>(change: (item: In) => Out, target: Target<Out>): Consumer<In> {
  using _end = target.join();
  while (!target.finished) target.send(change(yield* received<In>(target)));
});

/** Sends the items for which `predicate` returns true. */
export const filter = primed(function* filter<T>(predicate: (item: T) => boolean, target: Target<T>): Consumer<T> {
  using _end = target.join();
  while (!target.finished) {
    const item = yield* received<T>(target);
    if (predicate(item)) target.send(item);
  }
});

/** Sends the lines that contain `text`. */
export const grep = primed(function* grep(text: string, target: Target<string>): Consumer<string> {
  using _end = target.join();
  while (!target.finished) {
    const line = yield* received<string>(target);
    if (line.includes(text)) target.send(line);
  }
});

/**
 * Sends each item to all targets. A target that finishes or fails is dropped, its error is passed to `report`, and the remaining
 * targets continue. When none is left, the broadcast finishes; if the last one failed, the broadcast throws its error.
 */
export const broadcast = primed(function* broadcast<T>(
  targets: ReadonlyArray<Target<T>>,
  report: (error: unknown) => void = (error) => console.error(error),
): Consumer<T> {
  let alive = targets.filter((target) => !target.finished);
  const ends = targets.map((target) => target.join());
  const toAll = (act: (target: Target<T>) => boolean): void => {
    const errors: unknown[] = [];
    alive = alive.filter((target) => {
      try {
        return act(target);
      } catch (error) {
        if (error instanceof ReentrancyError) throw error; // the pipeline is connected wrongly; no single target failed
        errors.push(error);
        return false;
      }
    });
    if (alive.length === 0 && errors.length > 0) throw errors.pop();
    for (const error of errors) report(error);
  };
  try {
    while (alive.length > 0) {
      let act;
      try {
        const item = yield;
        act = (target: Target<T>): boolean => target.send(item);
      } catch (error) {
        act = (target: Target<T>): boolean => target.throw(error);
      }
      toAll(act);
    }
  } finally {
    for (const end of ends) {
      try {
        end[Symbol.dispose]();
      } catch (error) {
        report(error);
      }
    }
  }
});

/** Prints each item. */
export const printer = primed(function* printer(prefix: string = ''): Consumer<unknown> {
  for (;;) console.log(`${prefix}${String(yield)}`);
});

/** Sends the items one by one until the target finishes. Closes the pipeline in any case, even if the iteration throws. */
export function source<T>(items: Iterable<T>, target: Target<T>): void {
  using _end = target.join();
  for (const item of items) {
    if (!target.send(item)) return;
  }
}
