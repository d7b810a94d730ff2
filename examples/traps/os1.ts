// A yield is a trap: the program stops in its middle, the caller gets the control, and may let it go on, or not.
// Watch foo stop after Part 1, as a program does that makes a system call.
// No system yet: the caller is main, and what it does between the two parts is up to it.

import { program } from '../support/program.js';

function* foo(): Generator<undefined, void> {
  console.log('Part 1');
  yield;
  console.log('Part 2');
}

export function main(): void {
  const task = foo();
  console.log('Running foo()');
  task.next();
  console.log('Resuming foo()');
  task.next();
}

await program(import.meta, main);
