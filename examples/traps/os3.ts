// Tasks that end: the scheduler removes them, and continues until none is left.
// Watch bar: it prints five times, but it ends only in its sixth step, when its loop condition fails.
// A scheduler that did not check for this would keep calling next() on a coroutine that has ended.

import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';

function* foo(): Program {
  for (let i = 0; i < 10; i += 1) {
    console.log("I'm foo");
    yield;
  }
}

function* bar(): Program {
  for (let i = 0; i < 5; i += 1) {
    console.log("I'm bar");
    yield;
  }
}

export function main(): void {
  const os = new Scheduler();
  os.spawn(foo());
  os.spawn(bar());
  os.mainloop();
}

await program(import.meta, main);
