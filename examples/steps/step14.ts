// ensureFuture and wait(list): a coroutine becomes a task, a future stays what it is, and one wait covers all of them.
// Watch the tick in which X and Y wake up together: eight ticks instead of nine, and it stays at eight with a hundred tasks.
// wait() is itself nothing but a future, set by the last of its callbacks. It needed no change to the loop.

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

/** A task for a coroutine; a future as it is. */
function ensureFuture<T>(awaitable: Steps<T> | Future<T>, name: string): Future<T> {
  return awaitable instanceof Future ? awaitable : new Task(name, awaitable);
}

/** Waits until all of them are done; at once if there are none. */
function wait(futures: ReadonlyArray<Future>): Future<void> {
  const all = new Future<void>('wait');
  let missing = futures.length;
  if (missing === 0) all.setResult(undefined);
  for (const future of futures) {
    future.addDoneCallback(`${future.name} wake-up`, () => {
      missing -= 1;
      if (missing === 0) all.setResult(undefined);
    });
  }
  return all;
}

/** A result that takes a wait, although it is there at once. */
function* someResult(value: number): Steps<number> {
  const future = new Future<number>(`result ${value}`);
  future.setResult(value);
  return yield* future;
}

function* add(a: Steps<number>, b: Steps<number>): Steps<number> {
  const x = ensureFuture(a, 'X');
  const y = ensureFuture(b, 'Y');
  yield* wait([x, y]);
  return x.result() + y.result();
}

export function main(): void {
  console.log(`result: ${run(add(someResult(1), someResult(2)))}`);
}

await program(import.meta, main);
