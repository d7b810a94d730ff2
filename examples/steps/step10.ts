// A loop that schedules tasks: each task is in the loop's queue on its own, so all of them go on in every step.
// Watch a and b side by side, as step 9 did not have them, and main asking in every step whether they are done.
// The Task is now a Future: its result is set by the loop that steps it, and not by whoever waits.

import { program } from '../support/program.js';

type Steps<T> = Generator<undefined, T>;

class Task<T = unknown> {
  private outcome: { result: T } | null = null;

  constructor(
    readonly name: string,
    private readonly coroutine: Steps<T>,
  ) {
    loop.schedule(this);
  }

  /** One step; and again in the next round, unless that was the end. */
  step(): void {
    const { done, value } = this.coroutine.next();
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
    this.queue.push(task);
  }

  run(): void {
    for (let step = 1; this.queue.length > 0; step += 1) {
      const round = this.queue;
      this.queue = [];
      console.log(`Loop step ${step} [${round.map(({ name }) => name).join(', ')}]`);
      for (const task of round) task.step();
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
