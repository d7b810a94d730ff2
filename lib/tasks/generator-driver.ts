/**
 * Driving a generator.
 *
 * A generator coroutine waits by `yield* future`, which hands the future to a driver. The driver *parks* on it: it registers as a listener
 * and returns to the loop. Once the future is done, the loop runs the driver, which resumes the generator: with `next()`, or with
 * `throw()` if a cancellation request is pending.
 */

import { InvalidStateError } from '../errors/index.js';
import type { Runnable } from '../loop/runnable.js';
import type { Cancellation } from './cancellation.js';
import type { DrivenTask, Driver } from './driver.js';
import { outermostFrame } from './frames.js';
import { mistakeInYield } from './mistakes.js';
import { type PlaceOfCall, placeForSteps, placeOfCall } from './place-of-call.js';
import { placing } from './placing.js';
import { enterStep, leaveStep } from './task-context.js';
import type { Cancellable, Waitable } from './waitable.js';

/** `yield* future`: hands the future to the driver, and returns its result when resumed. */
export class FutureWait<F extends Waitable<T>, T> implements Iterator<F, T> {
  private waiting = false;

  constructor(private readonly future: F) {}

  next(): IteratorResult<F, T> {
    const { future } = this;
    if (future.done()) return { done: true, value: future.result() };
    if (this.waiting) {
      throw new InvalidStateError(
        `a coroutine was resumed before ${future.toString()} was done: only a task can drive one that waits`,
      );
    }
    this.waiting = true;
    if (placing !== null) placing.futureAwaited(future);
    future._yielded = true;
    return { done: false, value: future };
  }

  /** Without this method the engine would close the iterator, and replace a cancellation by a TypeError. */
  throw(error: unknown): never {
    throw error;
  }

  return(value: T): IteratorResult<F, T> {
    return { done: true, value };
  }
}

/** Runs the generator of a task. */
export class GeneratorDriver<T> implements Driver {
  /** The generator. In debug mode it is a frame, so that `getStack` sees more than the outermost coroutine. */
  readonly _suspended: Generator<unknown, T>;
  /** The future it is parked on. */
  private future: Waitable | null = null;
  /** The error for a mistaken `yield`, to be thrown there. */
  private mistake: InvalidStateError | null = null;

  /**
   * @param task the current task while the generator runs
   * @param place what every step enters; null for none, as for nearly all loops
   */
  constructor(
    protected task: DrivenTask<T>,
    steps: Generator<unknown, T>,
    private place: PlaceOfCall | null = placeForSteps(task._loop),
  ) {
    this._suspended = task._loop.getDebug() ? outermostFrame(steps, task._label) : steps;
  }

  /** Starts the generator, or resumes it after a wait. */
  run(): void {
    const { future, mistake } = this;
    this.future = null;
    this.mistake = null;
    this.step(this.requests()?.takeAfter(future) ?? mistake);
  }

  /** Runs the generator to its next `yield`, or to its end. */
  step(error: Error | null): void {
    const previous = enterStep(this.task);
    let result: IteratorResult<unknown, T>;
    try {
      if (this.place !== null) result = this.stepIn(this.place, error);
      else result = error === null ? this._suspended.next() : this._suspended.throw(error);
    } catch (thrown) {
      leaveStep(previous);
      this.threw(thrown);
      return;
    }
    leaveStep(previous);
    if (result.done === true) this.returned(result.value);
    else this.park(result.value);
  }

  /** Runs a step in a place. The next step enters the place as this one leaves it, with the stores that it has set by `enterWith`. */
  private stepIn(place: PlaceOfCall, error: Error | null): IteratorResult<unknown, T> {
    return place.runInAsyncScope(() => {
      try {
        return error === null ? this._suspended.next() : this._suspended.throw(error);
      } finally {
        this.place = placeOfCall();
      }
    });
  }

  /** The generator has yielded: parks on the future, or yields to the loop if there is none. */
  protected park(yielded: unknown): void {
    const { task } = this;
    const loop = task._loop;
    if (yielded !== undefined && yielded !== null) {
      const mistake = mistakeInYield(yielded, task);
      if (mistake === null) {
        const future = yielded as Waitable;
        this.future = future;
        future._listen(this.runnable());
        loop._instrument?.taskWaits?.(task, future);
        this.requests()?.passTo(future);
        return;
      }
      this.mistake = new InvalidStateError(mistake);
    }
    loop._instrument?.taskWaits?.(task, null);
    loop._pollNext();
    loop._enqueue(this.runnable());
  }

  waitsFor(): readonly Cancellable[] {
    return this.future === null ? [] : [this.future];
  }

  interrupt(): void {
    this.future?._unlisten(this.runnable());
    this.future = null;
    this.task._loop._enqueue(this.runnable());
  }

  /** What listens to the future, and is run by the loop. */
  protected runnable(): Runnable {
    return this.task;
  }

  /** The requests to cancel the generator; null before the first one. */
  protected requests(): Cancellation | null {
    return this.task._cancellation;
  }

  protected returned(value: T): void {
    this.task._returned(value);
  }

  protected threw(error: unknown): void {
    this.task._threw(error);
  }
}
