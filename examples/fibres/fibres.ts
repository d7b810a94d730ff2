// Two coroutines take turns: each yield hands the thread over, and a list of two is the whole scheduler.
// Watch them alternate, and what happens when fibre 1 is done: fibre 2 has every turn to itself.
// Nobody is interrupted. A fibre that does not yield keeps the thread, which is why this is called cooperative.

import { program } from '../support/program.js';

type Fibre<T> = Generator<void, T, void>;

/** Gives each fibre a turn, again and again, until all have returned; the results in the order of the fibres. */
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

function* fibre(id: number, turns: number): Fibre<number> {
  console.log(`${id} runs`);
  yield;
  for (let i = 0; i < turns; i += 1) {
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
