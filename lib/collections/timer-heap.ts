/**
 * A binary min-heap of timers, ordered by deadline and then by creation.
 *
 * asyncio's heap compares deadlines only, so timers with equal deadlines may run in any order; here a sequence number makes them
 * run in the order in which they were created. It is a field of the entry, so that a timer costs one object.
 */

/** An entry of the heap. */
export interface HeapEntry {
  /** Its deadline, in the loop's time (milliseconds). */
  readonly _when: number;
  /** Breaks ties: smaller is older. */
  readonly _sequence: number;
}

function before(a: HeapEntry, b: HeapEntry): boolean {
  return a._when < b._when || (a._when === b._when && a._sequence < b._sequence);
}

/** A priority queue: adding and removing take O(log n), peeking O(1). */
export class TimerHeap<T extends HeapEntry> {
  private entries: T[] = [];

  /** The number of entries. */
  get size(): number {
    return this.entries.length;
  }

  /** The earliest entry; undefined when empty. */
  peek(): T | undefined {
    return this.entries[0];
  }

  /** Adds an entry. */
  push(entry: T): void {
    this.entries.push(entry);
    this.siftUp(this.entries.length - 1);
  }

  /** Removes and returns the earliest entry; undefined when empty. */
  pop(): T | undefined {
    const first = this.entries[0];
    const last = this.entries.pop();
    if (last !== undefined && last !== first) {
      this.entries[0] = last;
      this.siftDown(0);
    }
    return first;
  }

  /** Drops every entry for which `keep` returns false, in O(n). */
  retain(keep: (entry: T) => boolean): void {
    this.entries = this.entries.filter(keep);
    for (let i = (this.entries.length >> 1) - 1; i >= 0; i -= 1) this.siftDown(i);
  }

  /** Iterates over the entries, in no particular order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.entries.values();
  }

  private siftUp(start: number): void {
    const { entries } = this;
    const entry = entries[start] as T;
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = entries[parentIndex] as T;
      if (!before(entry, parent)) break;
      entries[index] = parent;
      index = parentIndex;
    }
    entries[index] = entry;
  }

  private siftDown(start: number): void {
    const { entries } = this;
    const { length } = entries;
    const entry = entries[start] as T;
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= length) break;
      let child = entries[childIndex] as T;
      if (childIndex + 1 < length && before(entries[childIndex + 1] as T, child)) {
        childIndex += 1;
        child = entries[childIndex] as T;
      }
      if (!before(child, entry)) break;
      entries[index] = child;
      index = childIndex;
    }
    entries[index] = entry;
  }
}
