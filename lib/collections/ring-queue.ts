/**
 * A first-in, first-out queue in a circular array, such as the loop's ready queue.
 *
 * `Array.shift()` moves every element once the array is large; here each end costs a store and an increment. The capacity is a power
 * of two, so that wrapping around is a bit mask. It never shrinks: a loop that had one burst will have another.
 */
export class RingQueue<T> {
  private slots: Array<T | undefined>;
  private mask: number;
  private head = 0;
  private count = 0;

  /** @param capacity the first capacity, a power of two */
  constructor(capacity = 64) {
    this.slots = new Array<T | undefined>(capacity).fill(undefined);
    this.mask = capacity - 1;
  }

  /** The number of items. */
  get length(): number {
    return this.count;
  }

  /** Returns the oldest item; undefined when empty. */
  peek(): T | undefined {
    return this.slots[this.head];
  }

  /** Appends an item. */
  push(item: T): void {
    if (this.count > this.mask) this.grow();
    this.slots[(this.head + this.count) & this.mask] = item;
    this.count += 1;
  }

  /** Removes and returns the oldest item; undefined when empty. */
  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.slots[this.head];
    this.slots[this.head] = undefined; // otherwise the slot would keep a finished callback, and all it refers to, alive
    this.head = (this.head + 1) & this.mask;
    this.count -= 1;
    return item;
  }

  /** Removes every item. */
  clear(): void {
    this.slots.fill(undefined);
    this.head = 0;
    this.count = 0;
  }

  /** Iterates over the items, oldest first, without removing them. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.count; i += 1) yield this.slots[(this.head + i) & this.mask] as T;
  }

  private grow(): void {
    const capacity = this.slots.length * 2;
    const slots = this.slots.slice(this.head).concat(this.slots.slice(0, this.head)); // full: oldest first
    while (slots.length < capacity) slots.push(undefined); // filled, not stretched: an array with holes is slower to read
    this.slots = slots;
    this.mask = capacity - 1;
    this.head = 0;
  }
}
