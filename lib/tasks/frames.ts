/**
 * Which coroutines a suspended task is in.
 *
 * JavaScript does not tell what a suspended generator delegates to with `yield*`. In debug mode every coroutine that is
 * awaited, and the generator of every task, runs inside one of these frames, which note who called whom; other modes do
 * without, and know the outermost coroutine only. What a plain generator object delegates to is not seen in either.
 */

import type { Future, Steps } from './future.js';

let innermost: Frame<unknown> | null = null;

/** A generator together with the coroutine it is suspended in. */
export class Frame<T> implements Steps<T> {
  /** Set for the outermost one of a task: its step may begin inside a step of another task, which has not called it. */
  outermost = false;
  callee: Frame<unknown> | null = null;

  constructor(
    readonly steps: Steps<T>,
    readonly name: string,
  ) {}

  /** This frame and those it waits in, the outermost first. */
  chain(): Frame<unknown>[] {
    return [this, ...(this.callee?.chain() ?? [])];
  }

  next(value?: unknown): IteratorResult<Future | undefined, T> {
    return this.within(() => this.steps.next(value));
  }

  throw(error: unknown): IteratorResult<Future | undefined, T> {
    return this.within(() => this.steps.throw(error));
  }

  return(value: T): IteratorResult<Future | undefined, T> {
    return this.within(() => this.steps.return(value));
  }

  [Symbol.iterator](): this {
    return this;
  }

  get [Symbol.toStringTag](): string {
    return 'Generator';
  }

  [Symbol.dispose](): void {
    this.steps.return(undefined as T);
  }

  private within(step: () => IteratorResult<Future | undefined, T>): IteratorResult<Future | undefined, T> {
    const outer = innermost;
    const caller = this.outermost ? null : outer;
    enter(this, caller);
    let done = true;
    try {
      const result = step();
      done = result.done === true;
      return result;
    } finally {
      innermost = outer;
      if (done && caller !== null) caller.callee = null;
    }
  }
}

function enter(frame: Frame<unknown>, caller: Frame<unknown> | null): void {
  innermost = frame;
  if (caller !== null) caller.callee = frame;
}
