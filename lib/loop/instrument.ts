/**
 * Instruments: observers of the loop, for tracing, tests and teaching.
 *
 * The loop keeps one reference, `null` while nobody watches; the cost of the unused facility is that comparison. Several
 * instruments are folded into one that calls each.
 */

import type { Runnable } from './runnable.js';

/** What an instrument may observe; every method is optional. An error thrown by one leaves the loop: instruments must not fail. */
export interface Instrument {
  /** An iteration begins. Counted from 1. */
  iterationStart?(iteration: number): void;
  /** The loop is about to wait at most `timeoutMs`; null: for ever. */
  beforeSelect?(timeoutMs: number | null): void;
  /** The wait is over; `events` descriptors were ready. */
  afterSelect?(events: number): void;
  /** A handle (or a task, which is its own handle) is about to run. */
  handleStart?(handle: Runnable): void;
  /** It has run. */
  handleEnd?(handle: Runnable): void;
  /** A timer was put into the heap. */
  timerScheduled?(timer: Runnable, whenMs: number): void;
  /** A task was made. */
  taskCreated?(task: Runnable): void;
  /** A task is about to be resumed. */
  taskStep?(task: Runnable): void;
  /** A task has ended: with a result, an error or cancelled. */
  taskDone?(task: Runnable): void;
}

const METHODS = [
  'iterationStart',
  'beforeSelect',
  'afterSelect',
  'handleStart',
  'handleEnd',
  'timerScheduled',
  'taskCreated',
  'taskStep',
  'taskDone',
] as const satisfies ReadonlyArray<keyof Instrument>;

/** The instruments of a loop, and the one they are folded into. */
export class InstrumentList {
  private readonly entries: Array<{ readonly instrument: Instrument }> = [];

  /** Adds an instrument. The entry stands for this addition: one instrument may be added twice. */
  add(instrument: Instrument): object {
    const entry = { instrument };
    this.entries.push(entry);
    return entry;
  }

  /** Takes back one addition; harmless when that was done before. */
  remove(entry: object): void {
    const index = this.entries.findIndex((other) => other === entry);
    if (index >= 0) this.entries.splice(index, 1);
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
