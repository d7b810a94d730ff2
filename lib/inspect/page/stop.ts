/** What the page shows of one stop, beside the state. */

import { Code, type Place } from '../../trace/events.js';
import type { Model } from './model.js';
import type { Timeline } from './timeline.js';
import type { Log } from './views/queue.js';
import { tell } from './words.js';

/** More lines of what has run would push the rest of the page away. */
const LINES = 8;

/** What the running handle has done so far, or Node since the iteration ended: the last of it. */
export function logOf(timeline: Timeline, model: Model, stop: number): Log {
  const { station, running } = model.state;
  if (running === 0 && (station !== 'outside' || model.subject.program.mode !== 'hosted'))
    return { earlier: 0, lines: [] };
  const start = timeline.startOf(stop);
  const first = Math.max(start, stop - LINES + 1);
  const lines = [];
  for (let each = first; each <= stop; each += 1)
    lines.push({ stop: each, words: tell(model, timeline.eventsOf(each)).what });
  return { earlier: first - start, lines };
}

/** Events whose first argument is no object, or one whose place is not where they happen. */
const PLACELESS = new Set<number>([
  ...[Code.iterationStart, Code.iterationEnd, Code.selectStart, Code.selectEnd, Code.collected],
  ...[Code.handleEnd, Code.taskDone],
]);

/** The line of what happens at a stop: of the wait that begins or ends, or of the task that is created. */
export function placeOf(timeline: Timeline, model: Model, stop: number): Place | undefined {
  const events = timeline.eventsOf(stop);
  // The place of a task that ends is where it was created: its last step began at a better one.
  const isDone = events.some(([code]) => code === Code.taskDone);
  const before = isDone ? timeline.eventsBefore(stop, Code.taskStep) : [];
  for (const [code, , a = 0, b = 0, ...rest] of [...before, ...events].toReversed()) {
    if (PLACELESS.has(code)) continue;
    const isDescriptor = code === Code.descriptorReady || code === Code.descriptorChanged;
    const ids = isDescriptor
      ? rest.slice(0, 2) // who waits
      : code === Code.taskWaits
        ? [b, a]
        : code === Code.taskStep
          ? [...rest, a]
          : [a];
    for (const id of ids) {
      const place = model.name(id).place ?? (id === model.state.task ? model.place(id) : undefined);
      if (place !== undefined) return place;
    }
  }
  const { running, ready } = model.state;
  // Nothing of the program happens here: the line where it continues, or else where the main task was created.
  const next = running || ready.peek() || timeline.main;
  return next === 0 ? undefined : model.place(next);
}
