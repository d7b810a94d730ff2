/** A queue that is a stack. */

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

/** Last in, first out; otherwise a {@link Queue}. */
export class LifoQueue<T> extends Queue<T> {
  /** @param maxsize how many items `put()` admits before it waits; 0 or less: any number */
  constructor(maxsize?: number) {
    super(maxsize, new Stack<T>());
  }
}
