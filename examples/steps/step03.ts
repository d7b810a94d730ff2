// yield*: a coroutine runs another coroutine as part of itself, and receives its return value. A yield in the inner one suspends both.
// Watch the "inner" lines: main calls next() only on the outermost coroutine, and the innermost one resumes.
// `yield* x` in a generator does what `await x` does in an async function.

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
