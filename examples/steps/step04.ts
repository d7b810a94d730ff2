// A loop: it calls next() until the coroutine is done, and returns its result.
// Watch the second run: the loop tests `done` and not the value, so a coroutine that returns nothing also ends.
// An event loop is this loop with more than one coroutine and a way to wait.

import { program } from '../support/program.js';
import { onlyTask } from '../support/show.js';

function* countdown(from: number): Generator<undefined, string> {
  for (let n = from; n > 0; n -= 1) {
    console.log(`  ${n}`);
    yield;
  }
  return 'lift-off';
}

function* nothing(): Generator<undefined, void> {
  console.log('  nothing to yield, nothing to return');
}

/** Runs a coroutine to its end and returns its result. */
export function run<T>(coroutine: Generator<undefined, T>): T {
  const task = onlyTask(coroutine);
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [${step === 1 ? 'first' : 'next'} step]`);
    const { done, value } = task.next();
    if (done === true) return value;
  }
}

export function main(): void {
  console.log(`result: ${run(countdown(3))}`);
  run(nothing());
  console.log('ended too');
}

await program(import.meta, main);
