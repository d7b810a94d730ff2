/**
 * Pipelines of coroutines that consume: each receives an item at its `yield`, and sends what it makes of it to the next.
 *
 * A stage is three lines (see `map`): it joins its target, so that its own end becomes the target's end; it receives, so that what is
 * thrown in goes on to the target; and it stops when the target wants no more. Nothing here waits: a `send` goes through the whole
 * pipeline and comes back. Who feeds it may be a loop over a list, or a coroutine that waits for a file, a socket, a child process.
 */

/** The body of a target. It receives an item at each `yield`, and its `finally` runs when it is closed. */
export type Consumer<T> = Generator<void, void, T>;

/** A pipeline leads back to itself. */
export class ReentrancyError extends Error {
  override readonly name = 'ReentrancyError';
}

/** The names of the targets that are in the middle of an item now, outermost first. */
const active: string[] = [];

/** A coroutine that things can be sent to. `primed` makes them. */
export class Target<in T> {
  private done = false;
  private running = false;
  private closing = false;
  private senders = 0;
  private readonly body: Consumer<T>;

  /** Runs the body to its first `yield`: before that it could not receive anything. */
  constructor(
    readonly name: string,
    body: Consumer<T>,
  ) {
    this.body = body;
    this.resume(() => body.next(undefined as T)); // the first next() brings nothing: there is no yield yet to receive it
  }

  /** True when it takes no more items. */
  get finished(): boolean {
    return this.done;
  }

  /**
   * Hands it an item. What the body throws comes out here, and finishes it.
   *
   * @returns whether it wants more; false as well if it had finished before and did not take this one
   * @throws ReentrancyError if it is in the middle of another item
   */
  send(item: T): boolean {
    return !this.done && this.resume(() => this.body.next(item));
  }

  /**
   * Throws an error at the `yield` where the body stands. A body that catches it goes on.
   *
   * @returns whether it wants more
   * @throws the error, if nobody in this pipeline catches it
   */
  throw(error: unknown): boolean {
    if (this.done) throw error;
    return this.resume(() => this.body.throw(error));
  }

  /** Ends it at its `yield`; its `finally` blocks run. In the middle of an item it ends after that. Closing twice is harmless. */
  close(): void {
    this.closing = true;
    if (!this.done && !this.running) this.resume(() => this.body.return());
  }

  /** Says that one more is going to send here. Disposing of the result takes it back, and the last one closes the target. */
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
      if (wasClosing)
        throw new Error(`${this.name} was closed, and goes on all the same: a yield in its finally block?`);
      this.close();
    }
    return !this.done;
  }
}

function pathTo(name: string): string {
  return [...active.slice(active.lastIndexOf(name)), name].join(' -> ');
}

/** Makes of a generator function a function whose results are ready to be sent to. */
export function primed<Args extends unknown[], T>(body: (...args: Args) => Consumer<T>): (...args: Args) => Target<T> {
  return (...args) => new Target(body.name, body(...args));
}

/** The next item: `const item = yield* received(target)`. What is thrown in instead goes to the target, and may be caught there. */
export function* received<T>(target: Target<never>): Generator<void, T, T> {
  for (;;) {
    try {
      return yield;
    } catch (error) {
      target.throw(error);
    }
  }
}

/** Sends on what `change` makes of each item. */
export const map = primed(function* map<In, Out>(change: (item: In) => Out, target: Target<Out>): Consumer<In> {
  using _end = target.join();
  while (!target.finished) target.send(change(yield* received<In>(target)));
});

/** Sends on the items for which `predicate` is true. */
export const filter = primed(function* filter<T>(predicate: (item: T) => boolean, target: Target<T>): Consumer<T> {
  using _end = target.join();
  while (!target.finished) {
    const item = yield* received<T>(target);
    if (predicate(item)) target.send(item);
  }
});

/** Sends on the lines in which a text occurs. */
export const grep = primed(function* grep(text: string, target: Target<string>): Consumer<string> {
  using _end = target.join();
  while (!target.finished) {
    const line = yield* received<string>(target);
    if (line.includes(text)) target.send(line);
  }
});

/**
 * Sends each item to all targets. One that finishes or fails is left out from then on, and the others go on; its error is given to
 * `report`. When none is left, the broadcast has finished too, and throws the last error, if that was the reason.
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
        if (error instanceof ReentrancyError) throw error; // a mistake in the plumbing, not of one target
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

/** Prints what it gets. */
export const printer = primed(function* printer(prefix: string = ''): Consumer<unknown> {
  for (;;) console.log(`${prefix}${String(yield)}`);
});

/** Sends the items one by one, as long as they are wanted, and closes the pipeline; also if the items end with an error. */
export function source<T>(items: Iterable<T>, target: Target<T>): void {
  using _end = target.join();
  for (const item of items) {
    if (!target.send(item)) return;
  }
}
