// Cancellation: an error is thrown into a coroutine where it waits. One of the two tasks of step 14 is cancelled.
// Watch Y end in its first step. wait() still completes, because a cancelled task is done, and finally run throws the error.
// Cancelling a task does not cancel the future it waits for, because other tasks may be waiting for the same future.

import { program } from '../support/program.js';
import { scheduled, stepped, ticked, waiting } from '../support/show.js';

export type Steps<T> = Generator<Future | undefined, T, unknown>;

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

  /** Completes the future with a CancelledError, which `result()` throws. A cancelled future is done. */
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
    yield waiting(this);
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

  /** Throws a CancelledError into the coroutine. The future it waits for is not cancelled: other tasks may wait for it. */
  override cancel(): void {
    if (this.done()) return;
    this.cancellation = new CancelledError(`${this.name} was cancelled`);
    if (this.waitingFor !== null) this.scheduleStep(); // otherwise a step is already scheduled
  }

  private scheduleStep(): void {
    this.waitingFor = null;
    loop.callSoon(`${this.name} step`, () => this.step());
  }

  private step(): void {
    const { cancellation } = this;
    this.cancellation = null;
    try {
      const { done, value } = stepped(this, () =>
        cancellation === null ? this.coroutine.next() : this.coroutine.throw(cancellation),
      );
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
      if (this.waitingFor === future) this.scheduleStep(); // unless the wait has been cancelled
    });
  }
}

/** Runs a coroutine as the root task, and returns its result or throws its error. */
export function run<T>(coroutine: Steps<T>): T {
  loop = new Loop();
  const root = new Task('initial', coroutine);
  root.addDoneCallback('initial done', () => loop.stop());
  loop.run();
  return root.result();
}

/** Makes a task of a coroutine, and returns a future unchanged. */
function ensureFuture<T>(awaitable: Steps<T> | Future<T>, name: string): Future<T> {
  return awaitable instanceof Future ? awaitable : new Task(name, awaitable);
}

/** Returns a future that completes when all of `futures` are done; an empty list is already done. */
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

/** Waits for a result, although the future is already done. */
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
    console.log(`run threw ${String(error)}`);
  }
}

await program(import.meta, main);
