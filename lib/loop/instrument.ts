/**
 * Instruments: observers of the loop, for tracing, tests and teaching.
 *
 * The loop keeps one reference, `null` while nobody watches; the cost of the unused facility is that comparison. Several
 * instruments are folded into one that calls each.
 */

import type { RingQueue } from '../collections/ring-queue.js';
import type { Runnable } from './runnable.js';
import type { LoopStatistics } from './statistics.js';

/** The loop, as an instrument sees it. */
export interface ObservedLoop {
  /** Its time in milliseconds. */
  time(): number;
  /** Its counters. */
  statistics(): LoopStatistics;
  /** @internal True while it runs beside libuv, which then has a say in how long it waits. */
  _isHosted(): boolean;
  /** @internal True once it was asked to stop. */
  _isStopping(): boolean;
}

/** A descriptor that select reported. Only to be looked at, and only during the call: the loop goes on using the object. */
export interface ReadyDescriptor {
  readonly fd: number;
  /** Who waits to read; null: nobody. */
  readonly reader: Runnable | null;
  /** Who waits to write; null: nobody. */
  readonly writer: Runnable | null;
  /** The Socket it belongs to; null if only its number is known. */
  readonly owner: object | null;
  /** What the loop itself uses it for ("wake-up", "libuv", "signals"); null for a descriptor of the program. */
  readonly purpose: string | null;
}

/** A future that a task waits for. */
export interface AwaitedFuture {
  /** Whether it has an outcome. */
  done(): boolean;
  /** Whether that outcome is a cancellation. */
  cancelled(): boolean;
  toString(): string;
}

/** How a task has ended. */
export type TaskOutcome = 'returned' | 'failed' | 'cancelled';

/**
 * What an instrument may observe; every method is optional. An error thrown by one leaves the loop: instruments must not fail.
 *
 * One iteration calls `iterationStart`, `beforeSelect`, `descriptorReady` for each descriptor, `afterSelect`, `timerFired` for
 * each timer that is due, `handlesReady`, `handleStart` and `handleEnd` for each handle, `iterationEnd`. What tasks and timers do is reported
 * when they do it, mostly between a `handleStart` and its `handleEnd`. The code of an async function runs in microtasks, in a
 * hosted loop between two iterations, so its reports come between `iterationEnd` and `iterationStart`.
 */
export interface Instrument {
  /** It was added to a loop. An error thrown here refuses: the instrument is not added. */
  attached?(loop: ObservedLoop): void;
  /** It was taken away from the loop. */
  detached?(loop: ObservedLoop): void;
  /** An iteration begins. Counted from 1. */
  iterationStart?(iteration: number): void;
  /** The loop is about to wait at most `timeoutMs`; null: for ever. */
  beforeSelect?(timeoutMs: number | null): void;
  /** A descriptor was ready for `events`: EVENT_READ, EVENT_WRITE or both. Called before its handles are put on the ready queue. */
  descriptorReady?(descriptor: ReadyDescriptor, events: number): void;
  /** The wait is over; `events` descriptors were ready. */
  afterSelect?(events: number): void;
  /**
   * Every handle that will run in this iteration is on the ready queue; none has run yet. Only a test may change the queue, to try another
   * order.
   */
  handlesReady?(queue: RingQueue<Runnable>): void;
  /** A handle (or a task, which is its own handle) is about to run. */
  handleStart?(handle: Runnable): void;
  /** It has thrown `error`, which goes to the exception handler. `handleEnd` follows. */
  handleFailed?(handle: Runnable, error: unknown): void;
  /** It has run. */
  handleEnd?(handle: Runnable): void;
  /** Everything that was ready has run. */
  iterationEnd?(iteration: number): void;
  /** A timer was put into the heap. */
  timerScheduled?(timer: Runnable, whenMs: number): void;
  /** A timer is due, and was put on the ready queue. */
  timerFired?(timer: Runnable, whenMs: number): void;
  /** A timer was cancelled while it stood in the heap. */
  timerCancelled?(timer: Runnable): void;
  /** A task was made. */
  taskCreated?(task: Runnable): void;
  /** A task is about to be resumed, or to begin. */
  taskStep?(task: Runnable): void;
  /** A task waits for a future, as it does after nearly every step; null: it only gives the others a turn. */
  taskWaits?(task: Runnable, future: AwaitedFuture | null): void;
  /** Somebody asks a task to end, with `cancel()`; what it waits for is told next. */
  taskCancelRequested?(task: Runnable): void;
  /** A task has ended, with a result or with `error`. */
  taskDone?(task: Runnable, outcome: TaskOutcome, error?: unknown): void;
}

/** What the loop calls. (`attached` and `detached` concern one instrument each, and are called by the list.) */
const METHODS = [
  'iterationStart',
  'beforeSelect',
  'descriptorReady',
  'afterSelect',
  'handlesReady',
  'handleStart',
  'handleFailed',
  'handleEnd',
  'iterationEnd',
  'timerScheduled',
  'timerFired',
  'timerCancelled',
  'taskCreated',
  'taskStep',
  'taskWaits',
  'taskCancelRequested',
  'taskDone',
] as const satisfies ReadonlyArray<keyof Instrument>;

/** The instruments of a loop, and the one they are folded into. */
export class InstrumentList {
  private readonly entries: Array<{ readonly instrument: Instrument }> = [];

  constructor(private readonly loop: ObservedLoop) {}

  /** Adds an instrument. The entry stands for this addition: one instrument may be added twice. */
  add(instrument: Instrument): object {
    instrument.attached?.(this.loop);
    const entry = { instrument };
    this.entries.push(entry);
    return entry;
  }

  /** Takes back one addition; harmless when that was done before. */
  remove(entry: object): void {
    const index = this.entries.findIndex((other) => other === entry);
    if (index < 0) return;
    const [removed] = this.entries.splice(index, 1);
    removed?.instrument.detached?.(this.loop);
  }

  /** One instrument that passes everything on to all of them, in the order of their additions; null for none. */
  combined(): Instrument | null {
    const [first, second] = this.entries;
    if (second === undefined) return first?.instrument ?? null;
    const instruments = this.entries.map((entry) => entry.instrument);
    const combined: Record<string, (...args: never[]) => void> = {};
    for (const method of METHODS) {
      const interested = instruments.filter((instrument) => instrument[method] !== undefined);
      if (interested.length === 0) continue;
      combined[method] = (...args) => {
        for (const instrument of interested) (instrument[method] as (...args: never[]) => void).apply(instrument, args);
      };
    }
    return combined;
  }
}
