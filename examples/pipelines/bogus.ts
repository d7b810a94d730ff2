// A generator that both produces and consumes: a countdown that can be set by sending a number. It is easy to use wrongly.
// Watch the 3 in the second run: next(3) sets the countdown and returns the 3, but that call ignores its return value.
// Use a generator to produce or to consume. Where it must do both, as under a scheduler, a single driver must make all calls of next().

import { program } from '../support/program.js';

function* countdown(from: number): Generator<number, void, number | undefined> {
  for (let n = from; n >= 0;) {
    const newValue = yield n;
    n = newValue ?? n - 1;
  }
}

/** Uses the return value of every next(). */
export function byHand(): number[] {
  const values: number[] = [];
  const count = countdown(5);
  for (let step = count.next(); step.done !== true; step = count.next(step.value === 5 ? 3 : undefined)) {
    values.push(step.value);
  }
  return values;
}

/** Iterates with `for`, and sends in the loop body. */
export function byIteration(): number[] {
  const values: number[] = [];
  const count = countdown(5);
  for (const n of count) {
    values.push(n);
    if (n === 5) count.next(3);
  }
  return values;
}

export function main(): void {
  console.log(`by hand:      ${byHand().join(', ')}`);
  console.log(`by iteration: ${byIteration().join(', ')}`);
}

await program(import.meta, main);
