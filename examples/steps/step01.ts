// A coroutine compared with a function: calling a function runs it; calling a coroutine function only returns an object that can run.
// Watch "the body of the coroutine runs": it is printed after the call, when main asks for the next step.
// All later examples build on this idea: the caller decides when a coroutine continues.

import { program } from '../support/program.js';

function plain(): string {
  console.log('  the body of the function runs');
  return 'a result';
}

function* coroutine(): Generator<undefined, string> {
  console.log('  the body of the coroutine runs');
  return 'a result';
}

export function main(): void {
  console.log('calling the function');
  console.log(`it returned ${plain()}`);

  console.log('calling the coroutine function');
  const made = coroutine();
  console.log(`it returned ${Object.prototype.toString.call(made)}`);

  console.log('asking for its next step');
  const { done, value } = made.next();
  console.log(`done: ${String(done)}, value: ${String(value)}`);
}

await program(import.meta, main);
