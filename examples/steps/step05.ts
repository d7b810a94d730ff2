// A program for the loop: main waits for chaining, which waits for one and then for two.
// Watch the four steps: each continues where the innermost coroutine of the chain was suspended.
// A call takes no step. Only a yield ends a step, so there is one more step than there are yields.

import { program } from '../support/program.js';
import { onlyTask } from '../support/show.js';

type Steps<T> = Generator<undefined, T>;

function* one(): Steps<void> {
  console.log('  one 1');
  yield;
  console.log('  one 2');
}

function* two(): Steps<void> {
  console.log('  two 1');
  yield;
  console.log('  two 2');
  yield;
  console.log('  two 3');
}

function* chaining(): Steps<void> {
  console.log('  chaining 1');
  yield* one();
  console.log('  chaining 2');
  yield* two();
  console.log('  chaining 3');
}

function* root(): Steps<void> {
  console.log('  main 1');
  yield* chaining();
  console.log('  main 2');
}

function run<T>(coroutine: Steps<T>): T {
  const task = onlyTask(coroutine);
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    const { done, value } = task.next();
    if (done === true) return value;
  }
}

export function main(): void {
  run(root());
}

await program(import.meta, main);
