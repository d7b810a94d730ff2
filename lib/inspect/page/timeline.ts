/**
 * The stops of a trace. A stop is a moment at which something worth a sentence has happened; it stands for one or a few events. What
 * belongs together is one stop: a task sets a timer and waits for it, a handle begins and its task resumes.
 */

import { Code, type EventTrace, OUTCOMES, type TraceEvent } from '../../trace/events.js';
import { type State, TraceCursor } from '../../trace/replay.js';
import { duration } from './format.js';
import { Model } from './model.js';
import type { Mark } from './views/controls.js';

/** A handle that runs longer is marked. */
const SLOW_MS = 50;

/** Events that are no stop of their own. What they change is seen at the next one. */
const SILENT = new Set<number>([Code.handleEnd, Code.outsideStart, Code.outsideEnd, Code.attached, Code.taskRenamed]);

/** Returns whether an event and the one after it are shown together. */
function belongTogether(event: TraceEvent, next: TraceEvent, handle: number): boolean {
  const [code, , a, , c, d] = event;
  const [nextCode, , subject, object] = next;
  switch (code) {
    case Code.handleStart:
      return nextCode === Code.taskStep;
    case Code.timerScheduled:
      return nextCode === Code.taskWaits && object === a;
    case Code.descriptorChanged:
      return nextCode === Code.taskWaits && object !== 0 && (object === c || object === d);
    case Code.taskCreated:
      return nextCode === Code.enqueued && subject === a;
    case Code.taskWaits: // a task that yields puts itself back on the queue
      return nextCode === Code.enqueued && subject === a && handle !== 0;
    case Code.taskDone: // what a socket was registered for is removed with it
      return false;
    default:
      return false;
  }
}

/** A trace with its stops. */
export class Timeline {
  /** The number of events before each stop. The first stop is the beginning. */
  readonly ends: readonly number[];
  /** The stops at which iterations begin. */
  readonly iterations: readonly number[];
  readonly marks: readonly Mark[];
  /** The number of the last iteration. */
  readonly lastIteration: number;

  private readonly cursor: TraceCursor;
  private readonly renames: ReadonlyArray<{ readonly index: number; readonly task: number; readonly name: string }>;

  constructor(readonly trace: EventTrace) {
    this.cursor = new TraceCursor(trace);
    const ends = [0];
    const iterations: number[] = [];
    const marks: Mark[] = [];
    const renames = [];
    const { events, names } = trace;
    let handle = 0;
    let startedMs = 0;
    let startedStop = 0;
    let iteration = 0;
    for (const [index, event] of events.entries()) {
      const [code, atMs, a = 0, b = 0, c = 0] = event;
      if (code === Code.handleStart) {
        handle = a;
        startedMs = atMs;
        startedStop = ends.length;
      } else if (code === Code.handleEnd) {
        const ranMs = atMs - startedMs;
        if (ranMs >= SLOW_MS)
          marks.push({ at: startedStop, kind: 'slow', text: `${names[a]?.name ?? 'a handle'} ran ${duration(ranMs)}` });
        handle = 0;
      } else if (code === Code.handleFailed || (code === Code.taskDone && OUTCOMES[b] === 'failed')) {
        const error = names[code === Code.taskDone ? c : b]?.name ?? 'an error';
        marks.push({ at: ends.length, kind: 'failed', text: `${names[a]?.name ?? 'a handle'}: ${error}` });
      } else if (code === Code.iterationStart) {
        iterations.push(ends.length);
        iteration = a;
      } else if (code === Code.taskRenamed) renames.push({ index, task: a, name: names[b]?.name ?? '' });
      const next = events[index + 1];
      const isStop =
        !SILENT.has(code) &&
        !(next !== undefined && belongTogether(event, next, handle)) &&
        !(code === Code.selectEnd && a > 0) &&
        !(code === Code.collected && events[index - 1]?.[0] === Code.timerFired);
      if (isStop) ends.push(index + 1);
    }
    this.ends = ends;
    this.iterations = iterations;
    this.marks = marks;
    this.renames = renames;
    this.lastIteration = iteration;
  }

  /** The state at a stop. It is the same object at every stop, and changes. */
  at(stop: number): Model {
    const index = this.ends[stop] ?? 0;
    const renamed = new Map<number, string>();
    for (const rename of this.renames) if (rename.index < index) renamed.set(rename.task, rename.name);
    const state: State = this.cursor.seek(index);
    return new Model(this.trace, state, renamed);
  }

  /** The events of a stop: those since the stop before. */
  eventsOf(stop: number): readonly TraceEvent[] {
    return this.trace.events.slice(this.ends[stop - 1] ?? 0, this.ends[stop]);
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
