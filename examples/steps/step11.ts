// Handles: the loop's queue holds callbacks instead of tasks. Any code can schedule a callback and cancel it.
// Watch "hello" and "never" in the brackets: the first is called; the second was cancelled before the loop reached it.
// The loop does not need to know about coroutines, now or later: a task schedules its steps as callbacks.

import { program } from '../support/program.js';
import { scheduled, stepped, ticked } from '../support/show.js';

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
    const handle = new Handle(name, scheduled(name, callback));
    this.ready.push(handle);
    return handle;
  }

  run(): void {
    for (let step = 1; this.ready.length > 0; step += 1) {
      const snapshot = this.ready;
      this.ready = [];
      ticked(step);
      console.log(`Loop step ${step} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const handle of snapshot) handle.run();
    }
  }
}

const loop = new Loop();

class Task<T = unknown> {
  private outcome: { result: T } | null = null;

  constructor(
    readonly name: string,
    private readonly coroutine: Steps<T>,
  ) {
    this.scheduleStep();
  }

  private scheduleStep(): void {
    loop.callSoon(`${this.name} step`, () => {
      const { done, value } = stepped(this, () => this.coroutine.next());
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
