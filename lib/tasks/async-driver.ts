/**
 * Driving an async function.
 *
 * The engine runs an async function: the driver only calls it once and follows its promise. It also keeps a list of the pending waits, of
 * which there may be several at a time, with `Promise.all`. Each is a `PromiseWait` for a future, or a `Continuation` for
 * a coroutine.
 *
 * A limit: the engine does not say which promises a function still uses. A request that finds only the loser of a `Promise.race` to
 * cancel is spent on it. Race futures inside one coroutine, or cancel the loser.
 */

import { LinkedList } from '../collections/linked-list.js';
import { wrongType } from '../errors/index.js';
import { isAsyncFunction } from '../loop/callback.js';
import { Continuation } from './continuation.js';
import type { DrivenTask, Driver } from './driver.js';
import { GeneratorDriver } from './generator-driver.js';
import { checkPromiseSettles, checkSettles } from './needs-host.js';
import { type PlaceOfCall, placeForSteps } from './place-of-call.js';
import { isIterable, isIterator, isThenable } from './shapes.js';
import { runAsTask } from './task-context.js';
import type { Cancellable, PendingWait, PendingWaits } from './waitable.js';

/** Runs the async function of a task, or any other function that returns something to await. */
export class AsyncDriver<T> implements Driver, PendingWaits {
  readonly _suspended = null;
  private waits: LinkedList<PendingWait> | null = null;

  constructor(private readonly task: DrivenTask<T>) {}

  /** The engine resumes an async function. */
  run(): void {}

  /** Calls the function, and follows its promise. If it turns out to have returned steps, a `GeneratorDriver` takes over. */
  begin(fn: () => unknown, place: PlaceOfCall): void {
    const { task } = this;
    let started: Generator<unknown, T> | Promise<T>;
    try {
      started = this.call(fn, place);
    } catch (thrown) {
      task._threw(thrown);
      return;
    }
    if (started instanceof Promise) {
      started.then(
        (value) => {
          if (!task._loop.isClosed()) task._returned(value);
        },
        (error: unknown) => this.rejected(error),
      );
      return;
    }
    const driver = new GeneratorDriver(task, started, placeForSteps(task._loop) && place);
    task._driver = driver;
    driver.step(null);
  }

  /**
   * Throws what the function throws; a TypeError if it returns nothing that could be awaited; a LoopError ERR_NEEDS_HOST if the loop is a
   * blocking one, before an async function has run.
   */
  private call(fn: () => unknown, place: PlaceOfCall): Generator<unknown, T> | Promise<T> {
    const { task } = this;
    const { _loop: loop, _label: label } = task;
    if (isAsyncFunction(fn)) checkSettles(loop, `${label}(), an async function,`);
    const outcome = place.runInAsyncScope(() => runAsTask(task, fn));
    if (isIterable(outcome) && (isIterator(outcome) || isThenable(outcome))) {
      return outcome[Symbol.iterator]() as Generator<unknown, T>; // a generator object, a Coroutine or a Future
    }
    if (!isThenable(outcome))
      throw wrongType(`${label}()`, 'a function that returns a coroutine or a promise', outcome);
    checkPromiseSettles(loop, outcome, `${label}(), which returned a promise,`);
    return Promise.resolve(outcome as PromiseLike<T>); // a foreign thenable may call back immediately, or twice
  }

  /** Called in a microtask, where a fatal error would be an unhandled rejection. */
  private rejected(error: unknown): void {
    const { task } = this;
    const { _loop: loop } = task;
    if (loop.isClosed()) {
      loop.callExceptionHandler({ message: 'async function failed after its loop was closed', exception: error, task });
      return;
    }
    try {
      task._threw(error);
    } catch (fatalError) {
      loop.callSoon(() => {
        throw fatalError;
      });
    }
  }

  // --- Waits ----------------------------------------------------------------------------------------------------------

  /** An `await` begins. A pending request cancels what it is for. */
  add(wait: PendingWait): void {
    this.waits ??= new LinkedList();
    this.waits.add(wait);
    this.task._cancellation?.passTo(wait._awaited);
  }

  /** An `await` has ended. */
  delete(wait: PendingWait): void {
    this.waits?.delete(wait);
  }

  /** What the function waits for, each once: a task that is awaited twice (`Promise.all([task, task])`) gets one request. */
  waitsFor(): readonly Cancellable[] {
    return this.waits === null ? [] : [...new Set([...this.waits].map((wait) => wait._awaited))];
  }

  interrupt(): void {
    for (const wait of this.waits ?? []) {
      if (wait._awaited.done()) continue;
      wait.interrupt();
      return;
    }
  }

  /** The task has taken its requests back: those that were passed on to coroutines are dropped. */
  revoke(): void {
    for (const continuation of this.continuations()) continuation.received = null;
  }

  /** The function has ended: returns the coroutines that it has left running, and forgets its waits. */
  leaveRunning(): Continuation<unknown>[] {
    const running = this.continuations();
    this.waits = null;
    return running;
  }

  private continuations(): Continuation<unknown>[] {
    return this.waits === null ? [] : [...this.waits].filter((wait) => wait instanceof Continuation);
  }
}
