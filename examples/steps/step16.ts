// Cancellation: an error thrown into a coroutine at the place where it waits. One of the two results of step 14 is called off.
// Watch Y end in its first step, wait() end as ever (a cancelled task is done), and the error come out of run in the end.
// Cancelling a waiter does not cancel what it waits for. Somebody else may be waiting for that too.

import { program } from '../support/program.js';

export type Steps<T> = Generator<Future | undefined, T, unknown>;

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

export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

export class Future<T = unknown> {
  private outcome: { result: T } | { error: unknown } | null = null;
  private callbacks: Array<{ name: string; callback: () => void }> = [];

  constructor(readonly name: string) {}

  done(): boolean {
    return this.outcome !== null;
  }

  /** Ends the wait for it: whoever asks for the result gets a CancelledError. A cancelled future is done. */
  cancel(): void {
    if (!this.done()) this.setException(new CancelledError(`${this.name} was cancelled`));
  }

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

export class Task<T = unknown> extends Future<T> {
  private waitingFor: Future | null = null;
  private cancellation: CancelledError | null = null;

  constructor(
    name: string,
    private readonly coroutine: Steps<T>,
  ) {
    super(name);
    this.scheduleStep();
  }

  /** Throws a CancelledError where the coroutine waits. The future it waits for is left alone: others may wait for it too. */
  override cancel(): void {
    if (this.done()) return;
    this.cancellation = new CancelledError(`${this.name} was cancelled`);
    if (this.waitingFor !== null) this.scheduleStep(); // otherwise a step is scheduled already
  }

  private scheduleStep(): void {
    this.waitingFor = null;
    loop.callSoon(`${this.name} step`, () => this.step());
  }

  private step(): void {
    const { cancellation } = this;
    this.cancellation = null;
    try {
      const { done, value } = cancellation === null ? this.coroutine.next() : this.coroutine.throw(cancellation);
      if (done === true) this.setResult(value);
      else if (value === undefined) this.scheduleStep();
      else this.waitFor(value);
    } catch (error) {
      this.setException(error);
    }
  }

  private waitFor(future: Future): void {
    this.waitingFor = future;
    future.addDoneCallback(`${future.name} wake-up`, () => {
      if (this.waitingFor === future) this.scheduleStep(); // the wait may have been cancelled meanwhile
    });
  }
}

/** Runs a coroutine as the root task; returns its result or throws its error. */
export function run<T>(coroutine: Steps<T>): T {
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
export function wait(futures: ReadonlyArray<Future>): Future<void> {
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
  y.cancel();
  yield* wait([x, y]);
  return x.result() + y.result();
}

export function main(): void {
  try {
    console.log(`result: ${run(add(someResult(1), someResult(2)))}`);
  } catch (error) {
    console.log(`out of run came ${String(error)}`);
  }
}

await program(import.meta, main);
