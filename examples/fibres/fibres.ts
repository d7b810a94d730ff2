// Two coroutines alternate: at each yield the other one continues. The scheduler is a loop over a list.
// Watch what happens when fibre 1 is done: fibre 2 continues alone.
// A fibre is never interrupted: if it does not yield, it keeps the thread. This is called cooperative scheduling.

import { program } from '../support/program.js';

type Fibre<T> = Generator<void, T, void>;

/** Runs one step of each fibre in turn until all have returned. Returns their results in the order of `fibres`. */
export function runAll<T>(fibres: ReadonlyArray<Fibre<T>>): T[] {
  const results: T[] = [];
  let alive = fibres.map((fibre, index) => ({ fibre, index }));
  while (alive.length > 0) {
    alive = alive.filter(({ fibre, index }) => {
      const { done, value } = fibre.next();
      if (done === true) results[index] = value;
      return done !== true;
    });
  }
  return results;
}

function* fibre(id: number, yields: number): Fibre<number> {
  console.log(`${id} runs`);
  yield;
  for (let i = 0; i < yields; i += 1) {
    console.log(`${id} continues`);
    yield;
  }
  console.log(`${id} done`);
  return id;
}

export function main(): number[] {
  const results = runAll([fibre(1, 2), fibre(2, 4)]);
  console.log(`results: ${results.join(', ')}`);
  return results;
}

await program(import.meta, main);
