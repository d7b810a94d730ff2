/** Counts the iterations of the loop that an operation takes, by a callback that reschedules itself. */

import { type Coroutine, type Future, type Steps, TimeoutError, getRunningLoop } from 'selectloop';

/** Makes the awaitable. */
export type Operation = () => Future | Coroutine<unknown>;

/** Counts iterations until it is stopped; the first callback runs in the next iteration. */
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

/** The iterations from before the operation to after it, awaited with `yield*`. A TimeoutError counts as an end. */
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
