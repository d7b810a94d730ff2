/** Runs the handles of an iteration in random order. */

import { randomNumbers } from '../collections/random-numbers.js';
import type { RingQueue } from '../collections/ring-queue.js';
import { outOfRange, wrongType } from '../errors/index.js';
import { EventLoop } from '../event-loop/index.js';
import type { Instrument } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';

const SEEDS = 2 ** 32;

/**
 * Makes the loop run the ready handles of each iteration in random order. This finds code that works only because its tasks happen to run
 * in a certain order. The same seed and the same program always give the same order.
 *
 * Only the order within an iteration changes: a callback that a handle schedules still runs in the next iteration, and a timer in the
 * iteration in which it is due. But asyncio and this library guarantee that `callSoon` callbacks run in the order of the calls. A program
 * that fails under a shuffle may rely on this guarantee, so it is not necessarily wrong.
 *
 * @param seed an integer from 0 to 2^32 - 1
 * @throws TypeError or RangeError for an invalid argument
 */
export function shuffleHandles(loop: EventLoop, seed: number): void {
  if (!(loop instanceof EventLoop)) throw wrongType('shuffleHandles: loop', 'an EventLoop', loop);
  loop.addInstrument(shuffling('shuffleHandles: seed', seed));
}

/**
 * Returns an instrument that shuffles the ready queue in each iteration.
 *
 * @param name of the seed, for errors
 * @throws TypeError or RangeError for an invalid seed
 */
export function shuffling(name: string, seed: number): Instrument {
  const random = randomNumbers(checkedSeed(name, seed));
  return { handlesReady: (queue) => shuffle(queue, random) };
}

/** Shuffles the queue with the Fisher-Yates algorithm, which makes all orders equally likely. */
function shuffle(ready: RingQueue<Runnable>, random: () => number): void {
  const handles = Array.from({ length: ready.length }, () => ready.shift() as Runnable);
  for (let last = handles.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const handle = handles[last] as Runnable;
    handles[last] = handles[other] as Runnable;
    handles[other] = handle;
  }
  for (const handle of handles) ready.push(handle);
}

function checkedSeed(name: string, seed: number): number {
  const expected = `an integer from 0 to ${SEEDS - 1}`;
  if (typeof seed !== 'number') throw wrongType(name, expected, seed);
  if (Number.isInteger(seed) && seed >= 0 && seed < SEEDS) return seed;
  throw outOfRange(name, expected, seed);
}
