// The forgotten yield*: chaining calls one() and two() as if they were functions, so their bodies never run.
// Watch which lines are missing. JavaScript does not complain: creating a generator and dropping it is legal.
// The second part makes the same mistake on the library. Its debug mode reports it (and so does the linter, before anything runs).

import { coroutine, getRunningLoop, runSync } from 'selectloop';

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
}

function* chaining(): Steps<void> {
  console.log('  chaining 1');
  one(); // should be: yield* one()
  console.log('  chaining 2');
  two(); // should be: yield* two()
  console.log('  chaining 3');
}

function* root(): Steps<void> {
  console.log('  main 1');
  yield* chaining();
  console.log('  main 2');
}

function run<T>(generator: Steps<T>): T {
  const task = onlyTask(generator);
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    const { done, value } = task.next();
    if (done === true) return value;
  }
}

const libraryOne = coroutine(one);

function* libraryChaining(): Steps<void> {
  getRunningLoop().slowCallbackMs = Infinity; // debug mode also reports slow steps; a busy machine would change the output
  getRunningLoop().setExceptionHandler((_, { message }) => console.log(`  the library says: ${message}`));
  console.log('  chaining 1');
  libraryOne(); // eslint-disable-line @typescript-eslint/no-floating-promises -- should be: yield* libraryOne()
  console.log('  chaining 2');
}

export function main(): void {
  run(root());
  console.log('On the library, in debug mode');
  runSync(libraryChaining, { debug: true });
}

await program(import.meta, main);
