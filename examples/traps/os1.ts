// A yield is a trap: the program is suspended, and its caller decides whether and when to resume it.
// Watch foo stop after Part 1, like a program that makes a system call.
// There is no operating system yet: main plays its part.

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
