/** Recognizes thenables and iterators by their methods, because coroutines may come from foreign code. */

/** True for anything with a `then`. */
export function isThenable(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && typeof (x as { then?: unknown }).then === 'function';
}

/** True for anything that `yield*` accepts. */
export function isIterable(x: unknown): x is Iterable<unknown> {
  return typeof x === 'object' && x !== null && Symbol.iterator in x;
}

/** True for generator objects and other iterators. */
export function isIterator(x: unknown): boolean {
  return typeof x === 'object' && x !== null && typeof (x as { next?: unknown }).next === 'function';
}
