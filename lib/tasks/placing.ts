/**
 * Where the program's lines are taken for a recording with places.
 *
 * The line is on the stack when a generator waits, but not when an async function does: `await` reaches the library from a microtask. The
 * call that creates a coroutine is on the stack in both, so the coroutine keeps its line, for the waits of its steps.
 */

/** The hooks. Both are called by the code of a task. */
export interface Placing {
  /** A coroutine is being created. Returns its steps, or steps that wrap them. */
  coroutineCreated<S extends Generator<unknown, unknown>>(steps: S): S;
  /** `yield* future` is about to wait, or a future is created that is about to be awaited. */
  futureAwaited(future: object): void;
}

/** The hooks; null while nothing records places, so that each call of one costs a comparison. */
export let placing: Placing | null = null;

/** Sets the hooks. */
export function setPlacing(hooks: Placing | null): void {
  placing = hooks;
}

/** Wraps the steps of a coroutine. The debugger knows where the wrapped generator is suspended, so `ps` asks for that one. */
export interface WrappedSteps {
  /** The steps that it wraps. */
  readonly _wrapped: Generator<unknown, unknown>;
}

/** Returns the steps without a wrapper. */
export function unwrapped(steps: object): object {
  return '_wrapped' in steps ? (steps as WrappedSteps)._wrapped : steps;
}
