/** The list that a selector fills: pairs of a descriptor and its events. */

export class ReadyPairs {
  private added = 0;

  constructor(private readonly pairs: Int32Array) {
    if (pairs.length < 2) throw new RangeError('expected an Int32Array of 2 elements or more for ready, got an object');
  }

  /** The number of pairs. */
  get count(): number {
    return this.added;
  }

  /** How many more pairs fit. */
  get room(): number {
    return (this.pairs.length >> 1) - this.added;
  }

  get isFull(): boolean {
    return this.room === 0;
  }

  add(fd: number, events: number): void {
    this.pairs[2 * this.added] = fd;
    this.pairs[2 * this.added + 1] = events;
    this.added += 1;
  }
}
