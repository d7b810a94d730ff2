/** Operations whose errors show where the program called them. */

import { isCancelled } from '../errors/index.js';
import type { CallSite } from '../loop/program-stack.js';
import type { Abortable } from './abort-signals.js';
import { operation } from './abortable.js';
import type { Coroutine } from './coroutine.js';
import type { Steps } from './future.js';

/**
 * Returns the coroutine of a call.
 *
 * An error of the network is created deep in the library, on a stack that may not contain the program at all: nothing resumes an async
 * function before its `await` has ended. So the error gets the stack of the call.
 */
export function coroutineOfCall<T>(call: CallSite, steps: Steps<T>, options?: Abortable): Coroutine<T> {
  return operation(call.method, showingCall(call, steps), options, null);
}

function* showingCall<T>(call: CallSite, steps: Steps<T>): Steps<T> {
  try {
    return yield* steps;
  } catch (error) {
    if (!isCancelled(error)) call.showIn(error);
    throw error;
  }
}
