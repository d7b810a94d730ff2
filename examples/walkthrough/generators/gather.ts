// Waiting for several tasks, with generators: gather receives coroutines that have not begun, and makes tasks of them.
// Watch the second part: gather throws the first error immediately, and the other tasks continue unaffected.
// With returnExceptions, errors are put into the list instead. Cancelling a gather cancels its tasks. `--scale 1` runs in real time.

import { type Steps, createTask, gather, isCancelled, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

export function* main(scale = 1): Steps<void> {
  const say = startTrace(scale);

  function* cook(dish: string, seconds: number): Steps<string> {
    try {
      yield* sleep(seconds * 1000 * scale);
    } catch (error) {
      if (isCancelled(error)) say(`${dish} is taken off the stove`);
      throw error;
    }
    say(`${dish} is ready`);
    return dish;
  }

  function* burn(dish: string, seconds: number): Steps<never> {
    yield* sleep(seconds * 1000 * scale);
    throw new Error(`${dish} is burnt`);
  }

  say('three dishes');
  const dishes = [cook('stew', 3), cook('rice', 2), cook('egg', 1)];
  say(`on the table: ${(yield* gather(dishes)).join(', ')}`);

  say('one of two gets burnt');
  const stew = createTask(cook('stew', 2));
  try {
    yield* gather([stew, burn('toast', 1)]);
  } catch (error) {
    say(`gather throws ${String(error)}`);
  }
  yield* stew;

  say('the same, with returnExceptions');
  const both = [cook('stew', 2), burn('toast', 1)];
  say(`on the table: ${(yield* gather(both, { returnExceptions: true })).join(', ')}`);

  say('guests cancel after a second');
  const dinner = gather([cook('stew', 3), cook('rice', 2)]);
  yield* sleep(1000 * scale);
  dinner.cancel();
  try {
    yield* dinner;
  } catch (error) {
    say(`gather throws ${(error as Error).name}`);
  }
}

await program(import.meta, (args) => runSync(() => main(scaleFrom(args, 0.5))));
