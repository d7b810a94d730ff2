// Futures with done-callbacks: a waiting task is in no queue. The future holds a callback that schedules its next step.
// Watch main: it takes one step, disappears from the brackets while worker counts, and returns when the result is available.
// This answers "how is a coroutine suspended?": nothing schedules it. It costs no CPU time until the future wakes it.

import { program } from '../support/program.js';
import { scheduled, stepped, ticked, waiting } from '../support/show.js';

export type Steps<T> = Generator<Future | undefined, T, unknown>;

class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private step = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback: scheduled(name, callback) });
  }

  /** Runs until the queue is empty. Then every task is done, or waits for a future that nothing can complete. */
  run(): void {
    while (this.ready.length > 0) {
      const snapshot = this.ready;
      this.ready = [];
      this.step += 1;
      ticked(this.step);
      console.log(`Loop step ${this.step} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const { callback } of snapshot) callback();
    }
  }
}

export class Future<T = unknown> {
  private outcome: { result: T } | null = null;
  private callbacks: Array<() => void> = [];

  constructor(
    readonly name: string,
    readonly loop: Loop,
  ) {}

  result(): T {
    if (this.outcome === null) throw new Error(`${this.name} has no result yet`);
    return this.outcome.result;
  }

  setResult(result: T): void {
    if (this.outcome !== null) throw new Error(`${this.name} has a result already`);
    this.outcome = { result };
    for (const callback of this.callbacks) this.loop.callSoon(`${this.name} wake-up`, callback);
  }

  addDoneCallback(callback: () => void): void {
    if (this.outcome === null) this.callbacks.push(callback);
    else this.loop.callSoon(`${this.name} wake-up`, callback);
  }

  *[Symbol.iterator](): Steps<T> {
    yield waiting(this);
    return this.result();
  }
}

class Task<T = unknown> extends Future<T> {
  constructor(
    name: string,
    loop: Loop,
    private readonly coroutine: Steps<T>,
  ) {
    super(name, loop);
    this.scheduleStep();
  }

  private scheduleStep(): void {
    this.loop.callSoon(`${this.name} step`, () => this.step());
  }

  private step(): void {
    const { done, value } = stepped(this, () => this.coroutine.next());
    if (done === true) this.setResult(value);
    else if (value === undefined) this.scheduleStep();
    else value.addDoneCallback(() => this.scheduleStep());
  }
}

export function main(): void {
  const loop = new Loop();
  const answer = new Future<number>('answer', loop);

  function* waiter(): Steps<void> {
    console.log('  main waits');
    console.log(`  main received ${yield* answer}`);
  }

  function* worker(): Steps<void> {
    for (let i = 1; i <= 3; i += 1) {
      console.log(`  worker thinks ${i}`);
      yield;
    }
    answer.setResult(42);
  }

  new Task('main', loop, waiter());
  new Task('worker', loop, worker());
  loop.run();
}

await program(import.meta, main);
