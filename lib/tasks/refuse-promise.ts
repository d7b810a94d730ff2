/** Refuses the promise of an async function where the function itself is needed. */

import { Coroutine } from './coroutine.js';
import { isFuture } from './future.js';
import { isThenable } from './shapes.js';

/**
 * Throws a TypeError if `x` is a promise. The async function that returned it has already started outside of a task: it could not be
 * cancelled, and it does not know its loop.
 *
 * @param problem what cannot be done with a promise
 * @param call the call with a placeholder for the argument: `run(_)`
 */
export function refusePromise(x: unknown, problem: string, call: string): void {
  if (!isThenable(x) || isFuture(x) || x instanceof Coroutine) return;
  x.then(undefined, () => undefined); // its rejection must not end the process in addition to the error below
  const [right, wrong] = ['main', 'main()'].map((argument) => call.replace('_', argument));
  const message = `${problem}: pass the function itself, ${right} and not ${wrong}`;
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}
