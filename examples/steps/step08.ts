// A loop object: what was a function with a counter becomes a thing with a queue, and a method for each of its two jobs.
// Watch the queue in the brackets: a coroutine that yields is put back at its end, one that is done is not.
// Two runs of one loop follow each other here; nothing of the first is left in the second.

import { program } from '../support/program.js';

type Steps<T> = Generator<undefined, T>;

class Loop {
  private readonly queue: Array<{ name: string; coroutine: Steps<unknown> }> = [];
  private step = 0;

  /** Puts a coroutine into the queue. */
  add(name: string, coroutine: Steps<unknown>): void {
    this.queue.push({ name, coroutine });
  }

  /** Runs until the queue is empty; returns what `main` returned. */
  run<T>(main: Steps<T>): T {
    let result: { value: T } | undefined;
    function* root(): Steps<void> {
      result = { value: yield* main };
    }
    this.add('main', root());
    while (this.queue.length > 0) this.runOnce();
    return result!.value;
  }

  private runOnce(): void {
    this.step += 1;
    console.log(`Loop step ${this.step} [${this.queue.map(({ name }) => name).join(', ')}]`);
    const entry = this.queue.shift()!;
    if (entry.coroutine.next().done !== true) this.queue.push(entry);
  }
}

function* work(name: string, yields: number): Steps<string> {
  for (let i = 1; i <= yields; i += 1) {
    console.log(`  ${name} ${i}`);
    yield;
  }
  console.log(`  ${name} ends`);
  return `${name} is done`;
}

export function main(): void {
  const loop = new Loop();
  console.log(loop.run(work('first', 2)));
  console.log(loop.run(work('second', 1)));
}

await program(import.meta, main);
