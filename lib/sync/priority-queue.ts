/** A queue that returns the smallest item first. */

import { PairingHeap } from '../collections/pairing-heap.js';
import { checkNames, optionNames, wrongType } from '../errors/index.js';
import { Queue } from './queue.js';

/** Options of {@link PriorityQueue}. */
export interface PriorityQueueOptions<T> {
  /**
   * Returns a negative number if `a` is to come out before `b`, a positive one if after, 0 if they are equal, as for
   * `Array.prototype.sort`. Default: the order of `<`. If it throws, the put or get that called it throws that error, and the queue is
   * unchanged.
   */
  compare?: (a: T, b: T) => number;
}

const OPTIONS = optionNames<PriorityQueueOptions<unknown>>({ compare: true });

/** A {@link Queue} that returns the smallest item first, and equal items in the order in which they were put in. */
export class PriorityQueue<T> extends Queue<T> {
  /** @param maxsize the number of items at which `put()` waits; 0 or less: no limit */
  constructor(maxsize?: number, options: PriorityQueueOptions<T> = {}) {
    const { compare = naturalOrder } = checkNames('PriorityQueue: options', options, OPTIONS);
    if (typeof compare !== 'function') throw wrongType('PriorityQueue: compare', 'a function', compare);
    super(maxsize, new PairingHeap<T>(compare));
  }
}

function naturalOrder(a: unknown, b: unknown): number {
  const [x, y] = [a as number, b as number]; // `<` orders numbers, strings, bigints and dates
  if (x < y) return -1;
  return x > y ? 1 : 0;
}
