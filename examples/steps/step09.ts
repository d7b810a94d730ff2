// A Task that still is not concurrent: a coroutine in an object with a result, but stepped by the one who waits for it.
// Watch that b does not begin before a has ended, although both tasks were made first.
// Concurrency does not come from an object. It comes from the loop knowing more than one thing to step.

import { program } from '../support/program.js';

type Steps<T> = Generator<undefined, T>;

class Task<T> {
  private outcome: { result: T } | null = null;

  constructor(private readonly coroutine: Steps<T>) {}

  /** `yield* task`: steps the coroutine here and now. */
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
  for (let step = 1; ; step += 1) {
    console.log(`Loop step ${step} [main]`);
    const { done, value } = coroutine.next();
    if (done === true) return value;
  }
}

export function main(): void {
  console.log(`result: ${run(root())}`);
}

await program(import.meta, main);
