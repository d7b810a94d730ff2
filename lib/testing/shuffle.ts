/** Running the handles of an iteration in another order than the one in which they were scheduled. */

import type { RingQueue } from '../collections/ring-queue.js';
import { outOfRange, wrongType } from '../errors/index.js';
import type { EventLoop } from '../event-loop/index.js';
import type { Instrument } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';

const SEEDS = 2 ** 32;

/**
 * From now on the loop runs what is ready in an iteration in a random order, to find code that relies on the order in which
 * tasks happen to be scheduled. Same seed, same program: same order.
 *
 * What a handle schedules still runs in the next iteration, and timers still run in the iteration in which they are due. Two
 * `callSoon` from one place may change places, which the documentation of asyncio, and ours, promises they do not: whatever
 * fails under a shuffle relies on that promise, not always wrongly.
 *
 * @param seed an integer from 0 to 2^32 - 1
 * @throws TypeError or RangeError for another seed
 */
export function shuffleHandles(loop: EventLoop, seed: number): void {
  loop.addInstrument(shuffling(seed));
}

/** Returns an instrument that runs the handles of each iteration in a random order. Throws as {@link shuffleHandles}. */
export function shuffling(seed: number): Instrument {
  const random = randomNumbers(checkedSeed(seed));
  return { handlesReady: (queue) => shuffle(queue, random) };
}

/** Fisher and Yates: every order is as likely as any other. */
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

/** Numbers from 0 up to 1 (mulberry32, by Tommy Ettinger): 32 bits of state, every seed a different sequence. */
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
