// Two coroutines driven by hand: each yield returns control to the caller of next().
// Watch how the lines of one and two alternate because main alternates its calls. There is no loop, no thread and no clock.
// A coroutine keeps its variables and its position between two calls.

import { program } from '../support/program.js';

function* one(): Generator<undefined, string> {
  console.log('  one 1');
  yield;
  console.log('  one 2');
  return 'one is done';
}

function* two(): Generator<undefined, string> {
  console.log('  two 1');
  yield;
  console.log('  two 2');
  yield;
  console.log('  two 3');
  return 'two is done';
}

export function main(): void {
  const a = one();
  const b = two();
  for (const [name, coroutine] of Object.entries({ a, b, 'a again': a, 'b again': b, 'b at last': b })) {
    console.log(`next of ${name}`);
    const { done, value } = coroutine.next();
    console.log(done === true ? `returned: ${value}` : 'yielded');
  }
}

await program(import.meta, main);
