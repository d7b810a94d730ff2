// Tasks that end: the scheduler notices, and goes on with the others until none is left.
// Watch bar end after its fifth turn: it takes a sixth to find that out.
// A scheduler that forgot this would call next() on an ended coroutine for ever.

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
