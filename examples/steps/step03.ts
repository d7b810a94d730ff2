// yield*: a coroutine runs another as a part of itself and receives its result. Each yield of the inner one goes straight to main.
// Watch main call next() on the outermost coroutine only, while the innermost one runs.
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
