// A loop that schedules tasks: each task has its own entry in the queue, so every one of them runs in each loop step.
// Watch a and b alternate, which they did not do in step 9, while main asks in every step whether they are done.
// A Task is now also a Future: the loop runs it and sets its result, and waiting for it does neither.

import { program } from '../support/program.js';
import { queued, stepped, ticked } from '../support/show.js';

type Steps<T> = Generator<undefined, T>;

class Task<T = unknown> {
  private outcome: { result: T } | null = null;

  constructor(
    readonly name: string,
    private readonly coroutine: Steps<T>,
  ) {
    loop.schedule(this);
  }

  /** Runs one step, and schedules the next one for the next iteration unless the coroutine is done. */
  step(): void {
    const { done, value } = stepped(this, () => this.coroutine.next());
    if (done === true) this.outcome = { result: value };
    else loop.schedule(this);
  }

  *[Symbol.iterator](): Steps<T> {
    while (this.outcome === null) yield;
    return this.outcome.result;
  }
}

class Loop {
  private queue: Task[] = [];

  schedule(task: Task): void {
    this.queue.push(queued(task));
  }

  run(): void {
    for (let step = 1; this.queue.length > 0; step += 1) {
      const snapshot = this.queue;
      this.queue = [];
      ticked(step);
      console.log(`Loop step ${step} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const task of snapshot) task.step();
    }
  }
}

const loop = new Loop();

function* work(name: string, result: number): Steps<number> {
  console.log(`  ${name} 1`);
  yield;
  console.log(`  ${name} 2`);
  return result;
}

function* root(): Steps<void> {
  const a = new Task('a', work('a', 1));
  const b = new Task('b', work('b', 2));
  console.log('  both tasks are made');
  console.log(`  result: ${(yield* a) + (yield* b)}`);
}

export function main(): void {
  new Task('main', root());
  loop.run();
}

await program(import.meta, main);
