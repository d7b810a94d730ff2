// The same on the library: four tasks count and yield. No scheduler is needed, because the loop's ready queue is one.
// Watch: the ticks are those of round-robin.ts, because tasks run in the order in which they became ready.
// The difference is that no consumer pulls the values: the loop runs all four tasks to their ends.

import { type Steps, gather, run } from 'selectloop';

import { program } from '../support/program.js';

function* counter(from: number, to: number, tick: (value: number) => void): Steps<void> {
  for (let i = from; i <= to; i += 1) {
    tick(i);
    yield;
  }
}

export function* main(): Steps<number[]> {
  const ticks: number[] = [];
  const tick = (value: number): void => void ticks.push(value);
  yield* gather([counter(11, 13, tick), counter(21, 23, tick), counter(7, 8, tick), counter(31, 33, tick)]);
  console.log(`ticks: [${ticks.join(', ')}]`);
  return ticks;
}

await program(import.meta, () => run(main));
