// The same on the library: a bare `yield` in a task gives every other task a turn, and gather collects the results.
// Watch that the trace is that of fibres.ts: the ready queue of the loop is the list of fibres.
// Where a fibre of your own is a generator and a list entry, a task is also a future: others can wait for it, or cancel it.

import { type Steps, gather, run } from 'selectloop';

import { program } from '../support/program.js';

function* fibre(id: number, turns: number): Steps<number> {
  console.log(`${id} runs`);
  yield;
  for (let i = 0; i < turns; i += 1) {
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
