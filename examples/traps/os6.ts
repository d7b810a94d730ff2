// Waiting for a child: main is not in the ready queue until task 2 has ended.
// Watch "Waiting for child" come after the first "I'm foo": a new task is queued before its parent is resumed.
// Like wait() in UNIX, WaitTask reports how the child ended: here with its return value or its error.

import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';
import { NewTask, WaitTask } from './system-calls.js';

function* foo(): Program {
  for (let i = 0; i < 5; i += 1) {
    console.log("I'm foo");
    yield;
  }
}

function* root(): Program {
  const child = (yield new NewTask(foo())) as number;
  console.log('Waiting for child');
  yield new WaitTask(child);
  console.log('Child done');
}

export function main(): void {
  const os = new Scheduler();
  os.spawn(root());
  os.mainloop();
}

await program(import.meta, main);
