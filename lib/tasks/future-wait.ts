/**
 * What `yield* future` runs: hands the future to the task that drives the generator, and returns its result when resumed.
 *
 * This is the only place in the library that yields anything but a bare turn. `throw` matters as much as `next`: without it the
 * engine would close the iterator and turn a cancellation into a TypeError.
 */

import { InvalidStateError } from '../errors/index.js';
import type { Waitable } from './waitable.js';

/** One wait of one task on one future. */
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
    future._yielded = true;
    return { done: false, value: future };
  }

  throw(error: unknown): never {
    throw error;
  }

  return(value: T): IteratorResult<F, T> {
    return { done: true, value };
  }
}
