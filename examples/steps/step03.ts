// yield*: a coroutine that runs another as a part of itself, and takes its result. Every yield of the inner one goes straight out.
// Watch that main calls next() on the outermost coroutine alone, and that the innermost one moves.
// `yield* x` is to a generator what `await x` is to an async function.

import { program } from '../support/program.js';

function* inner(): Generator<undefined, number> {
  console.log('    inner 1');
  yield;
  console.log('    inner 2');
  return 20;
}

function* middle(): Generator<undefined, number> {
  console.log('  middle 1');
  const value = yield* inner();
  console.log('  middle 2');
  return value + 1;
}

function* outer(): Generator<undefined, number> {
  console.log(' outer 1');
  const value = yield* middle();
  console.log(' outer 2');
  return value * 2;
}

export function main(): void {
  const coroutine = outer();
  for (let next = coroutine.next(); ; next = coroutine.next()) {
    console.log(next.done === true ? `returned ${next.value}` : 'yielded');
    if (next.done === true) return;
  }
}

await program(import.meta, main);
