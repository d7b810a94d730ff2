/** Counts the turns of the loop that an operation takes: a callback that reschedules itself counts them. */

import { type Coroutine, type Future, type Steps, TimeoutError, getRunningLoop } from 'selectloop';

/** Makes what is awaited. */
export type Operation = () => Future | Coroutine<unknown>;

/** Counts turns until it is stopped; the first callback runs in the next turn. */
function startCounting(): () => number {
  const loop = getRunningLoop();
  let turns = 0;
  let counting = true;
  const tick = (): void => {
    if (!counting) return;
    turns += 1;
    loop.callSoon(tick);
  };
  loop.callSoon(tick);
  return () => {
    counting = false;
    return turns;
  };
}

/** Turns from before the operation to after it, awaited with `yield*`. A TimeoutError is an end like any other. */
export function* countInGenerator(operation: Operation): Steps<number> {
  const stop = startCounting();
  try {
    yield* operation() as Future;
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
  return stop();
}

/** The same, awaited with `await`. */
export async function countInAsync(operation: Operation): Promise<number> {
  const stop = startCounting();
  try {
    await operation();
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
  return stop();
}
