/** Runs the handles of an iteration in random order. */

import type { RingQueue } from '../collections/ring-queue.js';
import { outOfRange, wrongType } from '../errors/index.js';
import { EventLoop } from '../event-loop/index.js';
import type { Instrument } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';

const SEEDS = 2 ** 32;

/**
 * Makes the loop run the ready handles of each iteration in random order, to find code that depends on the order in which tasks happen
 * to be scheduled. The same seed and program give the same order.
 *
 * A callback scheduled by a handle still runs in the next iteration, and timers still run in the iteration in which they are due. The
 * order of `callSoon` calls, which asyncio and this library guarantee, is not kept. So code that fails under a shuffle depends on that
 * guarantee, which is not necessarily a bug.
 *
 * @param seed an integer from 0 to 2^32 - 1
 * @throws TypeError or RangeError for another seed
 */
export function shuffleHandles(loop: EventLoop, seed: number): void {
  if (!(loop instanceof EventLoop)) throw wrongType('shuffleHandles: loop', 'an EventLoop', loop);
  loop.addInstrument(shuffling(seed));
}

/** Returns an instrument that runs the handles of each iteration in a random order. Throws as {@link shuffleHandles}. */
export function shuffling(seed: number): Instrument {
  const random = randomNumbers(checkedSeed(seed));
  return { handlesReady: (queue) => shuffle(queue, random) };
}

/** The Fisher-Yates shuffle: all orders are equally likely. */
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

/** A generator of numbers in [0, 1) (mulberry32, by Tommy Ettinger): 32 bits of state, a different sequence for each seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / SEEDS;
  };
}

function checkedSeed(seed: number): number {
  if (typeof seed !== 'number') throw wrongType('shuffle', 'an integer as the seed', seed);
  if (Number.isInteger(seed) && seed >= 0 && seed < SEEDS) return seed;
  throw outOfRange('shuffle', 'an integer from 0 to 4294967295', seed);
}
