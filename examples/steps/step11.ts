// Handles: the loop's queue holds calls, not tasks. A task is one customer; anybody can have something called, or call it off.
// Watch "hello" and "never" in the brackets: the first is called, the second was cancelled before its turn.
// The loop is finished with this: it knows nothing of coroutines, and will not have to learn.

import { program } from '../support/program.js';

type Steps<T> = Generator<undefined, T>;

class Handle {
  private cancelled = false;

  constructor(
    readonly name: string,
    private readonly callback: () => void,
  ) {}

  cancel(): void {
    this.cancelled = true;
  }

  run(): void {
    if (!this.cancelled) this.callback();
  }
}

class Loop {
  private ready: Handle[] = [];

  callSoon(name: string, callback: () => void): Handle {
    const handle = new Handle(name, callback);
    this.ready.push(handle);
    return handle;
  }

  run(): void {
    for (let step = 1; this.ready.length > 0; step += 1) {
      const batch = this.ready;
      this.ready = [];
      console.log(`Loop step ${step} [${batch.map(({ name }) => name).join(', ')}]`);
      for (const handle of batch) handle.run();
    }
  }
}

const loop = new Loop();

class Task<T = unknown> {
  private outcome: { result: T } | null = null;

  constructor(
    private readonly name: string,
    private readonly coroutine: Steps<T>,
  ) {
    this.scheduleStep();
  }

  private scheduleStep(): void {
    loop.callSoon(`${this.name} step`, () => {
      const { done, value } = this.coroutine.next();
      if (done === true) this.outcome = { result: value };
      else this.scheduleStep();
    });
  }

  *[Symbol.iterator](): Steps<T> {
    while (this.outcome === null) yield;
    return this.outcome.result;
  }
}

function* work(name: string, result: number): Steps<number> {
  console.log(`  ${name} 1`);
  yield;
  console.log(`  ${name} 2`);
  return result;
}

function* root(): Steps<void> {
  const a = new Task('a', work('a', 1));
  loop.callSoon('hello', () => console.log('  hello from a plain callback'));
  loop.callSoon('never', () => console.log('  never seen')).cancel();
  console.log(`  result: ${yield* a}`);
}

export function main(): void {
  new Task('main', root());
  loop.run();
}

await program(import.meta, main);
