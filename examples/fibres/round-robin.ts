// Four counters of different lengths run round-robin, and their values are interleaved.
// Watch the third counter, 7 to 8: it has only two values, so the third round is shorter.
// The scheduler is itself a generator, so it does no work until its consumer asks for a value.

import { program } from '../support/program.js';

/** Yields one value of each generator in turn, and drops generators that are done. */
export function* roundRobin<T>(...generators: Array<Iterator<T, void>>): Generator<T, void, void> {
  const queue = [...generators];
  for (let next; (next = queue.shift()) !== undefined;) {
    const { done, value } = next.next();
    if (done === true) continue;
    queue.push(next);
    yield value;
  }
}

function* counter(from: number, to: number): Generator<number, void, void> {
  for (let i = from; i <= to; i += 1) yield i;
}

export function main(): number[] {
  const ticks = [...roundRobin(counter(11, 13), counter(21, 23), counter(7, 8), counter(31, 33))];
  console.log(`ticks: [${ticks.join(', ')}]`);
  return ticks;
}

await program(import.meta, main);
