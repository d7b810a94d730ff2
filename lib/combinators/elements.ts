/** Reads an iterable of awaitables, and detects common mistakes. */

import { wrongType } from '../errors/index.js';
import { Coroutine, isFuture } from '../tasks/index.js';

/** An iterable that is not a future: a single future is iterable only for `yield*`. */
export type Several<A> = Iterable<A> & { readonly then?: never };

/**
 * Returns the distinct elements of `iterable`, in order. Throws TypeError for a single future or coroutine.
 *
 * A generator object may be an iterator over futures, or a single coroutine that should have been put into a list; only running it
 * shows which. A coroutine reveals itself at its first wait: it yields undefined, or a future marked as yielded by `yield*`.
 */
export function elementsOf<T>(name: string, iterable: Iterable<T>): Set<T> {
  const expected = 'an iterable of awaitables, not a single one';
  if (isFuture(iterable) || iterable instanceof Coroutine) throw wrongType(name, expected, iterable);
  if (typeof iterable !== 'object' || iterable === null || !(Symbol.iterator in iterable)) {
    throw wrongType(name, 'an iterable of awaitables', iterable);
  }
  const elements = new Set<T>();
  for (const element of iterable) {
    if (element === undefined) throw wrongType(name, expected, iterable);
    if (isFuture(element) && element._yielded) {
      element._yielded = false;
      throw wrongType(name, expected, iterable);
    }
    elements.add(element);
  }
  return elements;
}
