// Two coroutines driven by hand: each yield gives the control back to whoever called next().
// Watch how the lines of one and two alternate, because main alternates its calls. No loop, no thread, no clock is involved.
// Everything a coroutine knows (its variables, the place where it stands) survives between two calls.

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
