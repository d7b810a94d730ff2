/** The future of a simulation: what will happen, ordered by time. */

/** Something that will happen. */
export interface ScheduledEvent {
  /** When, in nanoseconds. */
  readonly time: number;
  /** Removes the event from the future. Does nothing once it has happened. */
  cancel(): void;
}

class Entry implements ScheduledEvent {
  cancelled = false;

  constructor(
    readonly time: number,
    readonly sequence: number,
    readonly action: () => void,
  ) {}

  cancel(): void {
    this.cancelled = true;
  }

  isBefore(other: Entry): boolean {
    return this.time === other.time ? this.sequence < other.sequence : this.time < other.time;
  }
}

/**
 * A binary heap of events.
 *
 * Invariant: events of the same time happen in the order in which they were added, so that a run depends on nothing but its seed. The order
 * of a plain heap would depend on its history.
 */
export class EventQueue {
  private readonly heap: Entry[] = [];
  private added = 0;

  /** Adds an event. */
  add(time: number, action: () => void): ScheduledEvent {
    const entry = new Entry(time, this.added, action);
    this.added += 1;
    this.rise(this.heap.push(entry) - 1, entry);
    return entry;
  }

  /** The time of the next event; null if there is none. */
  get nextTime(): number | null {
    this.dropCancelled();
    return this.heap[0]?.time ?? null;
  }

  /** Removes the next event and returns its action; null if there is none. */
  take(): (() => void) | null {
    this.dropCancelled();
    return this.removeFirst()?.action ?? null;
  }

  private dropCancelled(): void {
    while (this.heap[0]?.cancelled === true) this.removeFirst();
  }

  private removeFirst(): Entry | null {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return null;
    if (first !== last) this.sink(0, last);
    return first;
  }

  /** Puts an entry at `index` or above, so that no parent is after its child. */
  private rise(index: number, entry: Entry): void {
    const { heap } = this;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!entry.isBefore(heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Puts an entry at `index` or below. */
  private sink(index: number, entry: Entry): void {
    const { heap } = this;
    let at = index;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.isBefore(heap[child]!)) child += 1;
      if (!heap[child]!.isBefore(entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}
