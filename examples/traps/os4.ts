// A system call: the task yields a request, the system handles it, and the answer is the value of the yield expression.
// Watch each task print its own number, which only the system knows.
// A request is an ordinary object. The system alone decides what it does and when the task continues.

import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';
import { GetTid } from './system-calls.js';

function* foo(): Program {
  const id = yield new GetTid();
  for (let i = 0; i < 5; i += 1) {
    console.log(`I'm foo ${String(id)}`);
    yield;
  }
}

function* bar(): Program {
  const id = yield new GetTid();
  for (let i = 0; i < 10; i += 1) {
    console.log(`I'm bar ${String(id)}`);
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
