// A root task, and one snapshot of the handles per tick: what a tick schedules belongs to the next one. The loop ends with the root.
// Watch add(someResult(1), someResult(2)) take nine ticks: every wait costs a wake-up and a step, and X is waited for before Y.
// Before you run it, try to write down the nine lines. Each is there for a reason.

import { program } from '../support/program.js';

type Steps<T> = Generator<Future | undefined, T, unknown>;

/** A queue of calls. One tick runs what is in it when the tick begins. */
class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private stopping = false;
  private tick = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback });
  }

  stop(): void {
    this.stopping = true;
  }

  run(): void {
    while (!this.stopping) {
      if (this.ready.length === 0) throw new Error('everybody waits, and nobody is left to end it');
      const snapshot = this.ready;
      this.ready = [];
      this.tick += 1;
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
    yield this;
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
      const { done, value } = this.coroutine.next();
      if (done === true) this.setResult(value);
      else if (value === undefined) this.scheduleStep();
      else value.addDoneCallback(`${value.name} wake-up`, () => this.scheduleStep());
    } catch (error) {
      this.setException(error);
    }
  }
}

/** Runs a coroutine as the root task; returns its result or throws its error. */
function run<T>(coroutine: Steps<T>): T {
  loop = new Loop();
  const root = new Task('initial', coroutine);
  root.addDoneCallback('initial done', () => loop.stop());
  loop.run();
  return root.result();
}

/** A result that takes a wait, although it is there at once. */
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
