// A root task and ticks: each tick runs a snapshot of the queue; callbacks that it schedules run in the next tick.
// Watch add(someResult(1), someResult(2)) take nine ticks: each wait takes a wake-up and a step, and add waits for X before Y.
// Before you run it, try to write down the nine lines.

import { program } from '../support/program.js';
import { scheduled, stepped, ticked, waiting } from '../support/show.js';

type Steps<T> = Generator<Future | undefined, T, unknown>;

/** A queue of callbacks. A tick runs those that are in the queue when it begins. */
class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private stopping = false;
  private tick = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback: scheduled(name, callback) });
  }

  stop(): void {
    this.stopping = true;
  }

  run(): void {
    while (!this.stopping) {
      if (this.ready.length === 0) throw new Error('deadlock: every task waits, and nothing can wake one');
      const snapshot = this.ready;
      this.ready = [];
      this.tick += 1;
      ticked(this.tick);
      console.log(`Loop step ${this.tick} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const { callback } of snapshot) callback();
    }
  }
}

let loop = new Loop();

class Future<T = unknown> {
  private outcome: { result: T } | { error: unknown } | null = null;
  private callbacks: Array<{ name: string; callback: () => void }> = [];

  constructor(readonly name: string) {}

  result(): T {
    if (this.outcome === null) throw new Error(`${this.name} has no result yet`);
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.result;
  }

  setResult(result: T): void {
    this.settle({ result });
  }

  setException(error: unknown): void {
    this.settle({ error });
  }

  addDoneCallback(name: string, callback: () => void): void {
    if (this.outcome === null) this.callbacks.push({ name, callback });
    else loop.callSoon(name, callback);
  }

  *[Symbol.iterator](): Steps<T> {
    yield waiting(this);
    return this.result();
  }

  private settle(outcome: { result: T } | { error: unknown }): void {
    if (this.outcome !== null) throw new Error(`${this.name} has a result already`);
    this.outcome = outcome;
    for (const { name, callback } of this.callbacks) loop.callSoon(name, callback);
  }
}

class Task<T = unknown> extends Future<T> {
  constructor(
    name: string,
    private readonly coroutine: Steps<T>,
  ) {
    super(name);
    this.scheduleStep();
  }

  private scheduleStep(): void {
    loop.callSoon(`${this.name} step`, () => this.step());
  }

  private step(): void {
    try {
      const { done, value } = stepped(this, () => this.coroutine.next());
      if (done === true) this.setResult(value);
      else if (value === undefined) this.scheduleStep();
      else value.addDoneCallback(`${value.name} wake-up`, () => this.scheduleStep());
    } catch (error) {
      this.setException(error);
    }
  }
}

/** Runs a coroutine as the root task, and returns its result or throws its error. */
function run<T>(coroutine: Steps<T>): T {
  loop = new Loop();
  const root = new Task('initial', coroutine);
  root.addDoneCallback('initial done', () => loop.stop());
  loop.run();
  return root.result();
}

/** Waits for a result, although the future is already done. */
function* someResult(value: number): Steps<number> {
  const future = new Future<number>(`result ${value}`);
  future.setResult(value);
  return yield* future;
}

function* add(a: Steps<number>, b: Steps<number>): Steps<number> {
  const x = new Task('X', a);
  const y = new Task('Y', b);
  return (yield* x) + (yield* y);
}

export function main(): void {
  console.log(`result: ${run(add(someResult(1), someResult(2)))}`);
}

await program(import.meta, main);
