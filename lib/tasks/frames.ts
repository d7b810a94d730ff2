/**
 * Finds the coroutines in which a task is suspended.
 *
 * JavaScript does not show what a suspended generator delegates to with `yield*`. In debug mode every awaited coroutine, and the generator
 * of every task, runs inside a frame, and the frames record which one called which. Without debug mode only the outermost coroutine is
 * known. A generator object that is delegated to directly has no frame in either mode.
 */

import { calledAt, setCalledAt } from '../loop/program-stack.js';
import { belongsToKernel } from '../platform/kernel-state.js';

let innermost: Frame<unknown> | null = null;

belongsToKernel(() => {
  const outer = innermost;
  innermost = null;
  return () => (innermost = outer);
});

/** A generator, and the coroutine it is suspended in. */
export class Frame<T> implements Generator<unknown, T> {
  /** True for the outermost frame of a task: its step may run inside the step of another task, which has not called it. */
  outermost = false;
  callee: Frame<unknown> | null = null;

  /** @param createdAt the stack of the call that created the coroutine, for code that this frame runs without its caller on the stack */
  constructor(
    readonly steps: Generator<unknown, T>,
    readonly name: string,
    private readonly createdAt: string | null = null,
  ) {}

  /** This frame and those it waits in, the outermost first. */
  chain(): Frame<unknown>[] {
    const frames: Frame<unknown>[] = [this];
    for (let { callee } = this; callee !== null; { callee } = callee) frames.push(callee);
    return frames;
  }

  next(value?: unknown): IteratorResult<unknown, T> {
    return this.within(() => this.steps.next(value));
  }

  throw(error: unknown): IteratorResult<unknown, T> {
    return this.within(() => this.steps.throw(error));
  }

  return(value: T): IteratorResult<unknown, T> {
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

  private within(step: () => IteratorResult<unknown, T>): IteratorResult<unknown, T> {
    const outer = innermost;
    const outerCall = calledAt();
    const caller = this.outermost ? null : outer;
    enter(this, caller);
    if (this.createdAt !== null) setCalledAt(this.createdAt);
    let done = true;
    try {
      const result = step();
      done = result.done === true;
      return result;
    } finally {
      innermost = outer;
      setCalledAt(outerCall);
      if (done && caller !== null) caller.callee = null;
    }
  }
}

function enter(frame: Frame<unknown>, caller: Frame<unknown> | null): void {
  innermost = frame;
  if (caller !== null) caller.callee = frame;
}

/** The frame of a task's generator. */
export function outermostFrame<T>(steps: Generator<unknown, T>, name: string): Frame<T> {
  const frame = steps instanceof Frame ? (steps as Frame<T>) : new Frame(steps, name);
  frame.outermost = true;
  return frame;
}
