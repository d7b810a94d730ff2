/** Arrays indexed by descriptors, which are small and dense: the kernel hands out the lowest free number. */

/**
 * Stores `value` at `index`, and `gap` between the end of the array and that. A store far beyond the end would make the array a
 * hash table, for good.
 */
export function putDense<T>(array: T[], index: number, value: T, gap: T): void {
  while (array.length < index) array.push(gap);
  array[index] = value;
}
