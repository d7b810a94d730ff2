// The same on the library: a bare `yield` in a task lets every other ready task run, and gather collects the results.
// Watch: the output is that of fibres.ts. The ready queue of the loop takes the place of the list of fibres.
// A task is more than a fibre in a list: it is also a future, which other tasks can wait for, and it can be cancelled.

import { type Steps, gather, run } from 'selectloop';

import { program } from '../support/program.js';

function* fibre(id: number, yields: number): Steps<number> {
  console.log(`${id} runs`);
  yield;
  for (let i = 0; i < yields; i += 1) {
    console.log(`${id} continues`);
    yield;
  }
  console.log(`${id} done`);
  return id;
}

export function* main(): Steps<number[]> {
  const results = yield* gather([fibre(1, 2), fibre(2, 4)]);
  console.log(`results: ${results.join(', ')}`);
  return results;
}

await program(import.meta, () => run(main));
