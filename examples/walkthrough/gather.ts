// Waiting for several tasks: gather returns the results in argument order, whichever task finishes first.
// Watch the second part: gather throws the first error immediately, and the other tasks continue unaffected.
// With returnExceptions, errors are put into the list instead. Cancelling a gather cancels its tasks. `--scale 1` runs in real time.

import { createTask, gather, isCancelled, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

export async function main(scale = 1): Promise<void> {
  const say = startTrace(scale);

  async function cook(dish: string, seconds: number): Promise<string> {
    try {
      await sleep(seconds * 1000 * scale);
    } catch (error) {
      if (isCancelled(error)) say(`${dish} is taken off the stove`);
      throw error;
    }
    say(`${dish} is ready`);
    return dish;
  }

  async function burn(dish: string, seconds: number): Promise<never> {
    await sleep(seconds * 1000 * scale);
    throw new Error(`${dish} is burnt`);
  }

  say('three dishes');
  const dishes = [
    createTask(() => cook('stew', 3)),
    createTask(() => cook('rice', 2)),
    createTask(() => cook('egg', 1)),
  ];
  say(`on the table: ${(await gather(dishes)).join(', ')}`);

  say('one of two gets burnt');
  const stew = createTask(() => cook('stew', 2));
  try {
    await gather([stew, createTask(() => burn('toast', 1))]);
  } catch (error) {
    say(`gather throws ${String(error)}`);
  }
  await stew;

  say('the same, with returnExceptions');
  const both = [createTask(() => cook('stew', 2)), createTask(() => burn('toast', 1))];
  say(`on the table: ${(await gather(both, { returnExceptions: true })).join(', ')}`);

  say('guests cancel after a second');
  const dinner = gather([createTask(() => cook('stew', 3)), createTask(() => cook('rice', 2))]);
  await sleep(1000 * scale);
  dinner.cancel();
  try {
    await dinner;
  } catch (error) {
    say(`gather throws ${(error as Error).name}`);
  }
}

await program(import.meta, (args) => run(() => main(scaleFrom(args, 0.5))));
