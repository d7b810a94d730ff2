/** A last-in, first-out queue. */

import { Queue, type Store } from './queue.js';

class Stack<T> implements Store<T> {
  private items: T[] = [];

  get length(): number {
    return this.items.length;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    return this.items.pop();
  }

  clear(): void {
    this.items = [];
  }
}

/** A {@link Queue} that returns the most recently added item first. */
export class LifoQueue<T> extends Queue<T> {
  /** @param maxsize the number of items at which `put()` waits; 0 or less: no limit */
  constructor(maxsize?: number) {
    super(maxsize, new Stack<T>());
  }
}
