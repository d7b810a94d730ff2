// A system call: the task yields a request, the system answers, and the answer is what the yield gives.
// Watch each task print its own number, which it cannot know by itself.
// The system has a request object in its hands and decides alone what to do: that is what makes it a system.

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
