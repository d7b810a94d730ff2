// A Task that is not concurrent yet: an object with a coroutine and its result. The coroutine that waits for it also runs it.
// Watch b: it begins only after a has ended, although both tasks exist from the start.
// Wrapping a coroutine in an object does not make it concurrent. For that, the loop must have several things to run.

import { program } from '../support/program.js';
import { onlyTask } from '../support/show.js';

type Steps<T> = Generator<undefined, T>;

class Task<T> {
  private outcome: { result: T } | null = null;

  constructor(private readonly coroutine: Steps<T>) {}

  /** What `yield* task` runs: the coroutine itself, as a part of the caller. */
  *[Symbol.iterator](): Steps<T> {
    this.outcome ??= { result: yield* this.coroutine };
    return this.outcome.result;
  }
}

function* work(name: string, result: number): Steps<number> {
  console.log(`  ${name} 1`);
  yield;
  console.log(`  ${name} 2`);
  return result;
}

function* root(): Steps<number> {
  const a = new Task(work('a', 1));
  const b = new Task(work('b', 2));
  console.log('  both tasks are made');
  return (yield* a) + (yield* b);
}

function run<T>(coroutine: Steps<T>): T {
  const task = onlyTask(coroutine);
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    const { done, value } = task.next();
    if (done === true) return value;
  }
}

export function main(): void {
  console.log(`result: ${run(root())}`);
}

await program(import.meta, main);
