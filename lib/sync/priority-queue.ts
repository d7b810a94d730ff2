/** A queue that gives the smallest item first. */

import { PairingHeap } from '../collections/pairing-heap.js';
import { wrongType } from '../errors/index.js';
import { Queue } from './queue.js';

/** How a priority queue orders its items. */
export interface PriorityQueueOptions<T> {
  /**
   * Negative if `a` is to come out before `b`, positive if after, 0 if they are equal: as for `Array.prototype.sort`. Default: what
   * `<` says. An error that it throws comes out of the put or get that asked, and leaves the queue as it was.
   */
  compare?: (a: T, b: T) => number;
}

/** The smallest item first, and of equals the one put in first; otherwise a {@link Queue}. */
export class PriorityQueue<T> extends Queue<T> {
  /** @param maxsize how many items `put()` admits before it waits; 0 or less: any number */
  constructor(maxsize?: number, options: PriorityQueueOptions<T> = {}) {
    const { compare = naturalOrder } = options;
    if (typeof compare !== 'function') throw wrongType('PriorityQueue: compare', 'a function', compare);
    super(maxsize, new PairingHeap<T>(compare));
  }
}

function naturalOrder(a: unknown, b: unknown): number {
  const [x, y] = [a as number, b as number]; // `<` orders numbers, strings, bigints and dates
  if (x < y) return -1;
  return x > y ? 1 : 0;
}
