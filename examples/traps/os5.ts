// Tasks that start and kill other tasks: foo is an endless loop, and is killed after five steps.
// Watch "Task 2 terminated" come before "main done": killing takes effect immediately, and runs the finally blocks of the task.
// The killed task cannot refuse, as with `kill -9`; but unlike there, it cleans up.

import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';
import { GetTid, KillTask, NewTask } from './system-calls.js';

function* foo(): Program<never> {
  const id = yield new GetTid();
  for (;;) {
    console.log(`I'm foo ${String(id)}`);
    yield;
  }
}

function* root(): Program {
  const child = (yield new NewTask(foo())) as number;
  for (let i = 0; i < 5; i += 1) yield;
  yield new KillTask(child);
  console.log('main done');
}

export function main(): void {
  const os = new Scheduler();
  os.spawn(root());
  os.mainloop();
}

await program(import.meta, main);
