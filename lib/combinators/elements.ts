/** The elements of an iterable argument, and the mistakes that are made with it. */

import { wrongType } from '../errors/index.js';
import { Coroutine, isFuture } from '../tasks/index.js';

/** Several, in whatever is iterable. A future is iterable too, for `yield*`, but it is only one. */
export type Several<A> = Iterable<A> & { readonly then?: never };

/**
 * The distinct elements of `iterable`, in order. TypeError for a single future or coroutine.
 *
 * A generator object may be an iterator over futures, or a coroutine that somebody forgot to put into a list; nothing but running
 * it tells which. A coroutine gives itself away at its first wait: it hands the future over, or gives up its turn.
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
