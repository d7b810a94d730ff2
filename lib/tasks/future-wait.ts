/**
 * What `yield* future` runs: hands the future to the task that drives the generator, and returns its result when resumed.
 *
 * This is the only place in the library that yields anything but a bare turn. `throw` matters as much as `next`: without it the
 * engine would close the iterator and turn a cancellation into a TypeError.
 */

import { InvalidStateError } from '../errors/index.js';
import type { Future } from './future.js';

/** One wait of one task on one future. */
export class FutureWait<T> implements Generator<Future, T> {
  private waiting = false;

  constructor(private readonly future: Future<T>) {}

  next(): IteratorResult<Future, T> {
    const { future } = this;
    if (future.done()) return { done: true, value: future.result() };
    if (this.waiting) {
      throw new InvalidStateError(`resumed before ${future.toString()} was done: only a task can drive a coroutine that waits`);
    }
    this.waiting = true;
    future._yielded = true;
    return { done: false, value: future as Future };
  }

  throw(error: unknown): never {
    throw error;
  }

  return(value: T): IteratorResult<Future, T> {
    return { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    // Nothing is held: the future itself is the task's to cancel.
  }

  get [Symbol.toStringTag](): string {
    return 'FutureWait';
  }
}
