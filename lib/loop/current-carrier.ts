/**
 * Tracks which code is running: a task, a handle, a function under `Context.run`, or code outside of any loop.
 *
 * Each of them is a *carrier*: it carries the context its code runs in (context.ts) and the task it belongs to. While a runnable of the
 * loop is on the stack, a variable here holds the carrier. The engine resumes async functions, and the library cannot set a variable
 * first; an AsyncLocalStorage carries their task through every `await`. There is one for the whole library, because each one adds a
 * cost to every promise in the process.
 */

import { AsyncLocalStorage } from '../platform/async-context.js';
import { belongsToKernel } from '../platform/kernel-state.js';

/** Code with its own context. */
export interface Carrier {
  /** @internal The `Context` of context.ts; null while it is empty and has not been made. */
  _context: object | null;
  /** @internal The task that the code belongs to; null for a callback. */
  readonly _carriedTask: object | null;
}

const carrierOfThread: Carrier = { _context: null, _carriedTask: null };
const asyncCarrier = new AsyncLocalStorage<Carrier>();
let onStack: Carrier | null = null;

belongsToKernel(() => {
  const outer = onStack;
  const outerAsync = asyncCarrier.getStore();
  onStack = null;
  if (outerAsync !== undefined) asyncCarrier.enterWith(carrierOfThread);
  return () => {
    onStack = outer;
    if (outerAsync !== undefined) asyncCarrier.enterWith(outerAsync);
  };
});

/** Returns the carrier whose code is on the stack; null in a resumed async function, and outside of any loop. */
export function carrierOnStack(): Carrier | null {
  return onStack;
}

/** Returns the carrier of the async function that the engine has resumed. */
export function carrierOfAsyncFunction(): Carrier | undefined {
  return asyncCarrier.getStore();
}

/** Returns the carrier of the running code; outside of any loop, that of the thread. */
export function currentCarrier(): Carrier {
  return onStack ?? asyncCarrier.getStore() ?? carrierOfThread;
}

/** Marks the code of `carrier` as running until `leaveCarrier` is called with the result. */
export function enterCarrier(carrier: Carrier): Carrier | null {
  const previous = onStack;
  onStack = carrier;
  return previous;
}

/** Restores what `enterCarrier` replaced. */
export function leaveCarrier(previous: Carrier | null): void {
  onStack = previous;
}

/** Calls `fn` as code of `carrier`, including everything that it awaits. */
export function runAsCarrier<T>(carrier: Carrier, fn: () => T): T {
  const previous = enterCarrier(carrier); // for the part before the first await, which may run inside the code of another carrier
  try {
    return asyncCarrier.run(carrier, fn);
  } finally {
    leaveCarrier(previous);
  }
}
