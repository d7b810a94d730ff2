/** Arrays indexed by descriptors, which are small and dense: the kernel hands out the lowest free number. */

/**
 * Stores `value` at `index`, and fills any gap before it with `gap`. Storing far beyond the end instead would make V8 turn the
 * array into a hash table permanently.
 */
export function putDense<T>(array: T[], index: number, value: T, gap: T): void {
  while (array.length < index) array.push(gap);
  array[index] = value;
}
