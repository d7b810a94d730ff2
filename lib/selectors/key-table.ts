/**
 * The registered keys, indexed by descriptor.
 *
 * The kernel hands out the lowest free number, so descriptors are small and dense, and an array indexed by them is the fastest table
 * possible: finding the key of a ready descriptor takes one load. `Selector.getMap()` returns a live, read-only view of it, so no
 * second copy is kept.
 *
 * Numbers from 2^20 (the kernel's default limit, which can be raised; tests also invent larger ones) go to a hash table, because an
 * array with 2^30 entries would be slow as well as large.
 */

import { putDense } from '../collections/dense-array.js';
import { inspect } from '../platform/describe.js';
import type { FileObject } from './file-object.js';
import type { Registration } from './selector-key.js';

const denseLimit = 1 << 20;

/** The registered keys of one selector. @internal */
export class KeyTable<D> {
  readonly #dense: Array<Registration<D> | undefined> = [];
  readonly #beyond = new Map<number, Registration<D>>();
  #size = 0;

  /** The number of keys. */
  get size(): number {
    return this.#size;
  }

  get(fd: number): Registration<D> | undefined {
    return fd < denseLimit ? this.#dense[fd] : this.#beyond.get(fd);
  }

  has(fd: number): boolean {
    return this.get(fd) !== undefined;
  }

  /** Stores a key under its descriptor, replacing any other. */
  put(key: Registration<D>): void {
    if (!this.has(key.fd)) this.#size++;
    if (key.fd >= denseLimit) {
      this.#beyond.set(key.fd, key);
      return;
    }
    putDense(this.#dense, key.fd, key, undefined);
  }

  /** Removes the key of a descriptor, if there is one. */
  remove(fd: number): void {
    if (!this.has(fd)) return;
    if (fd < denseLimit) this.#dense[fd] = undefined;
    else this.#beyond.delete(fd);
    this.#size--;
  }

  /** Removes every key. */
  clear(): void {
    this.#dense.length = 0;
    this.#beyond.clear();
    this.#size = 0;
  }

  /** Finds the key of a closed file object, which no longer knows its descriptor, by identity. O(highest descriptor). */
  findByIdentity(fileobj: FileObject): Registration<D> | undefined {
    for (const key of this.values()) if (key.fileobj === fileobj) return key;
    return undefined;
  }

  *values(): Generator<Registration<D>, undefined> {
    for (const key of this.#dense) if (key !== undefined) yield key;
    yield* this.#beyond.values();
    return undefined;
  }
}

/** A table as a read-only map, for `Selector.getMap()`. @internal */
export class KeyView<D> implements ReadonlyMap<number, Registration<D>> {
  readonly #table: KeyTable<D>;

  constructor(table: KeyTable<D>) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.size;
  }

  get(fd: number): Registration<D> | undefined {
    return this.#table.get(fd);
  }

  has(fd: number): boolean {
    return this.#table.has(fd);
  }

  forEach(
    visit: (key: Registration<D>, fd: number, map: ReadonlyMap<number, Registration<D>>) => void,
    thisArg?: unknown,
  ): void {
    for (const key of this.values()) visit.call(thisArg, key, key.fd, this);
  }

  values(): Generator<Registration<D>, undefined> {
    return this.#table.values();
  }

  *keys(): Generator<number, undefined> {
    for (const key of this.values()) yield key.fd;
    return undefined;
  }

  *entries(): Generator<[number, Registration<D>], undefined> {
    for (const key of this.values()) yield [key.fd, key];
    return undefined;
  }

  /** Shows the keys in `console.log(selector.getMap())`. */
  [inspect.custom](): Map<number, Registration<D>> {
    return new Map(this);
  }

  [Symbol.iterator](): Generator<[number, Registration<D>], undefined> {
    return this.entries();
  }
}
