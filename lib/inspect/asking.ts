/**
 * The requests of all viewers to the loop, in the inspector thread: one at a time, and not too often.
 *
 * After an answer that took t, the next repeated request for the same table goes to the loop no sooner than 50 t later, so that each table takes
 * at most 2 % of the loop's time, however many tasks there are. A single request, for which a person waits, waits a second at most. The counters
 * of the loop, which cost next to nothing, do not wait for an expensive table: by them a stuck loop is noticed.
 */

import type { TableName } from './protocol.js';
import type { TableOrder } from './shared.js';

/** The loop spends at most this share of its time on repeated answers with one table. */
const SHARE = 1 / 50;

/** The longest pause before a single request, in milliseconds. */
const LONGEST_PAUSE_MS = 1000;

/** The most requests of one viewer that wait for the loop. */
const MOST_QUEUED = 16;

/** A request without its number. */
export type Order = Omit<TableOrder, 'id'>;

interface Pending<V> {
  readonly order: TableOrder;
  readonly viewer: V;
  readonly repeated: boolean;
}

/** Passes requests to the loop. `V` is a viewer. */
export class Asking<V> {
  private readonly queue: Array<Pending<V>> = [];
  private asked: (Pending<V> & { sinceMs: number }) | null = null;
  private lastId = 0;
  /** For each table: when it was answered last, and how long its next request waits from then on. */
  private readonly answers = new Map<
    TableName,
    { readonly answeredMs: number; readonly tookMs: number; readonly pauseMs: number }
  >();
  /** True while the loop is paused: it has no time that an answer could take. */
  isPaused = false;

  /** @param pass sends a request to the loop */
  constructor(private readonly pass: (order: TableOrder) => void) {}

  /** Adds a request; it goes to the loop now, or in a later {@link next}. Returns false if the viewer has too many. */
  add(viewer: V, order: Order, repeated: boolean): boolean {
    if (this.queue.filter((each) => each.viewer === viewer).length >= MOST_QUEUED) return false;
    this.queue.push({ order: { ...order, id: (this.lastId += 1) }, viewer, repeated });
    this.next();
    return true;
  }

  /** Passes on the next request that may go to the loop. */
  next(): void {
    if (this.asked !== null) return;
    const sinceMs = performance.now();
    const may = ({ order, repeated }: Pending<V>): boolean => {
      const { answeredMs, pauseMs } = this.answers.get(order.table) ?? { answeredMs: 0, pauseMs: 0 };
      return this.isPaused || sinceMs - answeredMs >= (repeated ? pauseMs : Math.min(pauseMs, LONGEST_PAUSE_MS));
    };
    const at = this.queue.findIndex(may);
    const [next] = at < 0 ? [] : this.queue.splice(at, 1);
    if (next === undefined) return;
    this.asked = { ...next, sinceMs };
    this.pass(next.order);
  }

  /** The loop has answered. Returns the request; null if it was not made here. */
  answered(id: number, tookMs: number): { order: Order; viewer: V } | null {
    const { asked } = this;
    if (asked?.order.id !== id) return null;
    this.asked = null;
    const { table } = asked.order;
    // The shorter of the last two: the first answer runs code that is not compiled yet, and the system may take the CPU away in any.
    const before = this.answers.get(table)?.tookMs ?? LONGEST_PAUSE_MS * SHARE;
    const pauseMs = Math.min(tookMs, before) / SHARE;
    this.answers.set(table, { answeredMs: performance.now(), tookMs, pauseMs });
    return asked;
  }

  /** How long the loop has not answered a request, in milliseconds. */
  get silentMs(): number {
    return this.asked === null ? 0 : performance.now() - this.asked.sinceMs;
  }

  /** Drops the requests of a viewer that has left. */
  forget(viewer: V): void {
    const kept = this.queue.filter((each) => each.viewer !== viewer);
    this.queue.splice(0, Infinity, ...kept);
  }
}
