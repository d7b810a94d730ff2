// Multitasking: a scheduler runs the tasks round-robin. A task runs until it yields; the scheduler cannot interrupt it.
// Watch foo and bar alternate, although each of them is an ordinary loop.
// This is cooperative multitasking, as the first versions of Windows and Mac OS had it.

import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';

function* foo(): Program {
  for (let i = 0; i < 3; i += 1) {
    console.log("I'm foo");
    yield;
  }
}

function* bar(): Program {
  for (let i = 0; i < 3; i += 1) {
    console.log("I'm bar");
    yield;
  }
}

export function main(): void {
  const os = new Scheduler({ quiet: true });
  os.spawn(foo());
  os.spawn(bar());
  os.mainloop();
}

await program(import.meta, main);
