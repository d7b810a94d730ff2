// A loop object: the loop function becomes a class with a queue, and with methods to add a coroutine and to run.
// Watch the queue in the brackets: a coroutine that yields goes back to the end of the queue; one that is done does not.
// The program runs the same loop twice. The first run leaves nothing behind that could affect the second.

import { program } from '../support/program.js';
import { queued, stepped, ticked } from '../support/show.js';

type Steps<T> = Generator<undefined, T>;

class Loop {
  private readonly queue: Array<{ name: string; coroutine: Steps<unknown> }> = [];
  private step = 0;

  /** Adds a coroutine to the queue. */
  add(name: string, coroutine: Steps<unknown>): void {
    this.queue.push(queued({ name, coroutine }));
  }

  /** Runs until the queue is empty, and returns the result of `main`. */
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
    ticked(this.step, 1);
    console.log(`Loop step ${this.step} [${this.queue.map(({ name }) => name).join(', ')}]`);
    const entry = this.queue.shift()!;
    const { done } = stepped(entry, () => entry.coroutine.next());
    if (done !== true) this.queue.push(queued(entry));
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
