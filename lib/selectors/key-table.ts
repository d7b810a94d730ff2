/**
 * The registered keys by descriptor.
 *
 * The kernel hands out the lowest free number, so descriptors are small and dense, and an array indexed by them is the fastest
 * table there is: finding the key of a ready descriptor is one load. The same object is the live, read-only map that
 * `Selector.getMap()` returns, so nothing is kept twice.
 */

import type { FileObject } from './file-object.js';
import type { Registration } from './selector-key.js';

/** @internal */
export class KeyTable<D> implements ReadonlyMap<number, Registration<D>> {
  readonly #byDescriptor: Array<Registration<D> | undefined> = [];
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  get(fd: number): Registration<D> | undefined {
    return this.#byDescriptor[fd];
  }

  has(fd: number): boolean {
    return this.#byDescriptor[fd] !== undefined;
  }

  /** Stores a key under its descriptor, replacing the one there. */
  put(key: Registration<D>): void {
    const table = this.#byDescriptor;
    if (table[key.fd] === undefined) this.#size++;
    // Storing far beyond the end would turn the array into a hash table for good; filling the gap keeps it an array.
    while (table.length < key.fd && key.fd < denseLimit) table.push(undefined);
    table[key.fd] = key;
  }

  /** Removes the key of a descriptor, if there is one. */
  remove(fd: number): void {
    if (this.#byDescriptor[fd] === undefined) return;
    this.#byDescriptor[fd] = undefined;
    this.#size--;
  }

  /** Removes every key. */
  clear(): void {
    this.#byDescriptor.length = 0;
    this.#size = 0;
  }

  /** The key of a file object that no longer knows its descriptor, found by identity. O(highest descriptor). */
  findByIdentity(fileobj: FileObject): Registration<D> | undefined {
    return this.#byDescriptor.find((key) => key?.fileobj === fileobj);
  }

  forEach(
    visit: (key: Registration<D>, fd: number, map: ReadonlyMap<number, Registration<D>>) => void,
    thisArg?: unknown,
  ): void {
    for (const key of this.values()) visit.call(thisArg, key, key.fd, this);
  }

  *values(): Generator<Registration<D>, undefined> {
    for (const key of this.#byDescriptor) if (key !== undefined) yield key;
    return undefined;
  }

  *keys(): Generator<number, undefined> {
    for (const key of this.values()) yield key.fd;
    return undefined;
  }

  *entries(): Generator<[number, Registration<D>], undefined> {
    for (const key of this.values()) yield [key.fd, key];
    return undefined;
  }

  [Symbol.iterator](): Generator<[number, Registration<D>], undefined> {
    return this.entries();
  }
}

/** Real descriptors stay far below this (the kernel's default ceiling is 2^20); made-up ones may use a hash table. */
const denseLimit = 1 << 20;
