/**
 * The stops of a trace. A stop is a moment at which something worth a sentence has happened; it stands for one or a few events. What
 * belongs together is one stop: a task sets a timer and waits for it, a handle begins and its task resumes.
 */

import { Code, type EventTrace, OUTCOMES, type TraceEvent } from '../../trace/events.js';
import { type State, TraceCursor } from '../../trace/replay.js';
import { duration } from './format.js';
import { type Ending, Model } from './model.js';

/** A handle, or what runs outside of handles, is marked if it takes longer. */
const SLOW_MS = 50;

/** Events that do not make a stop. The next stop shows their changes. */
const SILENT = new Set<number>([
  Code.descriptorChanged,
  Code.handleEnd,
  Code.outsideStart,
  Code.outsideEnd,
  Code.attached,
  Code.taskRenamed,
]);

/**
 * Returns whether an event and the next that is not silent are shown together. (Indices, because taking arrays apart goes through their
 * iterators: with a hundred thousand events that would be half a second.)
 */
function belongTogether(event: TraceEvent, next: TraceEvent, names: EventTrace['names']): boolean {
  const nextCode = next[0];
  switch (event[0]) {
    case Code.iterationStart: // a loop that has nothing but a queue
      return nextCode === Code.collected;
    case Code.handleStart:
      return nextCode === Code.taskStep;
    case Code.timerScheduled:
      return nextCode === Code.taskWaits && next[3] === event[2];
    case Code.taskCreated: // what joins the queue is the task itself, or a callback that makes its step
      return nextCode === Code.enqueued && (next[2] === event[2] || names[next[2]!]?.task === event[2]);
    case Code.enqueued: // what waited for a task that ends
      return nextCode === Code.taskDone && next[2] === event[3];
    case Code.taskWaits: // a task that yields puts itself back on the queue
      return nextCode === Code.enqueued && next[2] === event[2] && event[3] === 0;
    default:
      return false;
  }
}

/** Something on the way that is worth a visit. `at` is the number of its stop. */
export interface Mark {
  readonly at: number;
  readonly kind: 'failed' | 'slow';
  readonly text: string;
}

/** What a program uses: the loops of some examples have only a queue. */
export interface Parts {
  readonly timers: boolean;
  readonly selector: boolean;
}

/** An iteration, in short. */
export interface Summary {
  readonly stop: number;
  readonly number: number;
  /** How long it waited in the selector; null: it did not poll. */
  readonly waitedMs: number | null;
  /** What it ran: tasks, and handles that resume none. At most {@link MOST_RAN}. */
  readonly ran: readonly number[];
  /** How many more. */
  readonly more: number;
}

const MOST_RAN = 5;

/** How many iterations are listed. */
const ITERATIONS = 9;

/** A trace with its stops. */
export class Timeline {
  /** The number of events before each stop. The first stop is the beginning. */
  readonly ends: readonly number[];
  /** The stops at which iterations begin. */
  readonly iterations: readonly number[];
  readonly marks: readonly Mark[];
  /** The number of the last iteration. */
  readonly lastIteration: number;
  readonly parts: Parts;
  /** The main task; 0: it is not known. */
  readonly main: number;
  /** Null while the main task is not done. */
  readonly ending: Ending | null;

  private readonly cursor: TraceCursor;
  private readonly renames: ReadonlyArray<{ readonly index: number; readonly task: number; readonly name: string }>;

  constructor(readonly trace: EventTrace) {
    this.cursor = new TraceCursor(trace);
    const ends = [0];
    const iterations: number[] = [];
    const marks: Mark[] = [];
    const renames = [];
    const { events, names } = trace;
    const first = trace.keyframes[0]?.state;
    let who = 0;
    let startedMs = 0;
    let startedStop = 0;
    let iteration = first?.iteration ?? 0;
    let main = 0;
    let ended: readonly [outcome: number, what: number] | null = null;
    let isLast = true;
    let handle = 0;
    for (let index = 0; index < events.length; index += 1) {
      const event = events[index]!;
      const { 0: code, 1: atMs, 2: a = 0, 3: b = 0, 4: c = 0 } = event;
      if (code === Code.handleStart || code === Code.outsideStart) {
        who = a;
        handle = a || handle;
        startedMs = atMs;
        startedStop = ends.length;
      } else if (code === Code.taskStep) who = a;
      else if (code === Code.handleEnd || code === Code.outsideEnd) {
        const ranMs = atMs - startedMs;
        const name = names[who]?.name ?? 'Node, between two iterations,';
        if (ranMs >= SLOW_MS) marks.push({ at: startedStop, kind: 'slow', text: `${name} ran ${duration(ranMs)}` });
      } else if (code === Code.handleFailed || (code === Code.taskDone && OUTCOMES[b] === 'failed')) {
        const error = names[code === Code.taskDone ? c : b]?.name ?? 'an error';
        marks.push({ at: ends.length, kind: 'failed', text: `${names[a]?.name ?? 'a handle'}: ${error}` });
      } else if (code === Code.iterationStart) {
        iterations.push(ends.length);
        iteration = a;
      } else if (code === Code.taskCreated && main === 0 && !names[a]?.parent) main = a;
      else if (code === Code.taskRenamed) renames.push({ index, task: a, name: names[b]?.name ?? '' });
      if (code === Code.taskDone && a === main) ended = [b, c];
      else if (code === Code.taskDone && OUTCOMES[b] !== 'cancelled' && ended !== null) isLast = false;
      let next = events[index + 1];
      for (let i = index + 2; next !== undefined && SILENT.has(next[0]); i += 1) next = events[i];
      const isStop =
        !SILENT.has(code) &&
        !(next !== undefined && belongTogether(event, next, names)) &&
        !(code === Code.selectEnd && a > 0) &&
        !(code === Code.collected && events[index - 1]?.[0] === Code.timerFired);
      if (isStop) ends.push(index + 1);
    }
    if (ends.length > 1) ends[ends.length - 1] = events.length; // silent events at the end
    this.ends = ends;
    this.iterations = iterations;
    this.marks = marks;
    this.renames = renames;
    const has = (wanted: number): boolean => events.some(([code]) => code === wanted);
    this.parts = {
      timers: has(Code.timerScheduled) || (first?.heap.length ?? 0) > 0,
      selector: has(Code.selectStart) || has(Code.descriptorChanged) || (first?.descriptors.length ?? 0) > 0,
    };
    this.lastIteration = iteration;
    this.main = first?.tasks.length === 0 ? main : 0;
    const [outcome, what] = ended ?? [0, 0];
    this.ending =
      this.main === 0 || ended === null
        ? null
        : { task: main, outcome: OUTCOMES[outcome] ?? 'returned', what, isLast, handle };
  }

  /** The state at a stop. It is the same object at every stop, and changes. */
  at(stop: number): Model {
    const index = this.ends[stop] ?? 0;
    const renamed = new Map<number, string>();
    for (const rename of this.renames) if (rename.index < index) renamed.set(rename.task, rename.name);
    const state: State = this.cursor.seek(index);
    return new Model(this.trace, state, renamed, this.ending);
  }

  /** The events of a stop: those since the stop before. */
  eventsOf(stop: number): readonly TraceEvent[] {
    return this.trace.events.slice(this.ends[stop - 1] ?? 0, this.ends[stop]);
  }

  /** The last event of a kind before a stop, within its handle. */
  eventsBefore(stop: number, wanted: number): readonly TraceEvent[] {
    const { events } = this.trace;
    for (let index = (this.ends[stop - 1] ?? 0) - 1; index >= 0; index -= 1) {
      const event = events[index]!;
      if (event[0] === wanted) return [event];
      if (event[0] === Code.handleStart) break;
    }
    return [];
  }

  /** The first stop of the handle that runs at `stop`, or of what happens outside of handles there. */
  startOf(stop: number): number {
    const { events } = this.trace;
    const last = this.ends[stop] ?? 0;
    for (let index = last - 1; index >= 0; index -= 1) {
      const code = events[index]?.[0];
      if (code === Code.handleStart) return this.stopOf(index);
      if (code === Code.iterationEnd || code === Code.iterationStart) return this.stopOf(index) + 1;
    }
    return 1;
  }

  /** The iterations around a stop. */
  around(stop: number, n = ITERATIONS): Summary[] {
    const { iterations } = this;
    const next = iterations.findIndex((each) => each > stop);
    const here = (next < 0 ? iterations.length : next) - 1;
    const first = Math.max(Math.min(here - (n >> 1), iterations.length - n), 0);
    return iterations.slice(first, first + n).map((each) => this.summary(each));
  }

  private summary(stop: number): Summary {
    const { events } = this.trace;
    const ran: number[] = [];
    let [number, handle, more, waitBegan] = [0, 0, 0, 0];
    let waitedMs: number | null = null;
    for (let index = this.ends[stop - 1] ?? 0; index < events.length; index += 1) {
      const { 0: code, 1: atMs, 2: a = 0 } = events[index]!;
      if (code === Code.iterationStart) {
        if (number !== 0) break;
        number = a;
      } else if (code === Code.iterationEnd && number !== 0) break;
      else if (code === Code.selectStart) waitBegan = atMs;
      else if (code === Code.selectEnd) waitedMs = atMs - waitBegan;
      else if (code === Code.handleStart) handle = a;
      else if (code === Code.taskStep && handle !== 0 && this.trace.names[handle]?.kind !== 'callback') handle = a;
      else if (code === Code.handleEnd) {
        if (ran.length < MOST_RAN) ran.push(handle);
        else more += 1;
        handle = 0;
      }
    }
    return { stop, number, waitedMs, ran, more };
  }

  /** The stop to which an event belongs. */
  private stopOf(index: number): number {
    let [low, high] = [0, this.ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) > index) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The stop of the iteration that begins before, or after, a stop. */
  iterationFrom(stop: number, direction: -1 | 1): number {
    if (direction > 0) return this.iterations.find((each) => each > stop) ?? this.ends.length - 1;
    return this.iterations.findLast((each) => each < stop) ?? 0;
  }
}
