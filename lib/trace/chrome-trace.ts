/**
 * The trace in the Trace Event Format, which Perfetto (https://ui.perfetto.dev) and chrome://tracing open.
 *
 * The track `select` shows when the loop waited, `callbacks` shows each handle, and one track per task shows when the task ran and what
 * it waited for. Arrows (flow events) lead from a select to the handles that it made ready, and from the handle that created a task to
 * the task's first step. A timer is an asynchronous event, from when it was scheduled to when it fired or was cancelled.
 *
 * The format: "Trace Event Format", Google, 2016. Times are microseconds.
 */

import { type ChromeTraceEvent, duration, microseconds } from './chrome-event.js';
import type { TaskCreated, TimerChanged, TraceData, TracedHandle, TracedIteration, TracedTask } from './trace-data.js';
import { TaskTracks } from './task-tracks.js';

/** The contents of the file, to be written with `JSON.stringify`. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, unknown>>;
  readonly traceEvents: readonly ChromeTraceEvent[];
}

const PID = 1;
const SELECT = 1;
const CALLBACKS = 2;
const FIRST_TASK = 10;

/** Converts a trace. */
export function chromeTraceOf(trace: TraceData): ChromeTrace {
  const writer = new ChromeWriter();
  for (const iteration of trace.iterations) writer.iteration(iteration);
  return {
    displayTimeUnit: 'ms',
    otherData: { recorder: 'selectloop', droppedIterations: trace.droppedIterations },
    traceEvents: writer.finish(),
  };
}

class ChromeWriter {
  private readonly events: ChromeTraceEvent[] = [];
  private readonly tasks = new TaskTracks(PID, FIRST_TASK);
  private readonly openTimers = new Map<number, string>();
  private lastFlow = 0;
  private endMs = 0;

  iteration(iteration: TracedIteration): void {
    const { number, startMs, endMs, select, handles, timersFired, timersLeft } = iteration;
    this.endMs = Math.max(this.endMs, endMs);
    for (const handle of handles) this.endMs = Math.max(this.endMs, handle.endMs);
    if (select !== null) {
      const { timeoutMs, limit, ready } = select;
      const args = { iteration: number, timeoutMs, limit, ready };
      this.slice(SELECT, 'select', ready.length === 0 ? 'select' : `select: ${ready.length} ready`, select, args);
      this.events.push({ ...this.at('C', SELECT, 'timers', select.startMs), args: { timers: timersLeft } });
    } else {
      this.events.push({ ...this.at('i', CALLBACKS, 'recording begins', startMs), s: 'p' });
    }
    for (const { id } of timersFired) this.endTimer(id, select?.endMs ?? startMs, 'fired');
    for (const handle of handles) this.handle(handle, iteration);
  }

  finish(): ChromeTraceEvent[] {
    for (const id of [...this.openTimers.keys()]) this.endTimer(id, this.endMs, 'still scheduled');
    const tracks = this.tasks.finish(this.endMs);
    return [
      this.metadata('process_name', 0, { name: 'selectloop' }),
      ...this.named(SELECT, 'select', 0),
      ...this.named(CALLBACKS, 'callbacks', 1),
      ...tracks.tasks.flatMap(({ tid, task }) => this.named(tid, titleOf(task), tid)),
      ...this.events,
      ...tracks.events,
    ];
  }

  private handle(handle: TracedHandle, { number, select }: TracedIteration): void {
    const { kind, name, error, events } = handle;
    if (kind !== 'outside') {
      this.slice(CALLBACKS, 'handle', name, handle, { iteration: number, ...(error === null ? {} : { error }) });
      // A handle of kind 'task' was put into the ready queue by another handle; waits and reader callbacks, by the select.
      if ((kind === 'wait' || name.includes(' of fd ')) && select !== null && select.ready.length > 0) {
        this.arrow('ready', [SELECT, select.startMs], [CALLBACKS, handle.startMs]);
      }
    }
    for (const event of events) {
      if ('timer' in event) this.timer(event);
      else if (event.type === 'task-created') this.created(event, kind !== 'outside');
      else this.tasks.note(event);
    }
  }

  private timer({ type, atMs, timer: { id, name, dueMs } }: TimerChanged): void {
    if (type === 'timer-cancelled') {
      this.endTimer(id, atMs, 'cancelled');
      return;
    }
    this.openTimers.set(id, name);
    const args = { dueMs };
    this.events.push({ ...this.at('b', CALLBACKS, `timer ${name}`, atMs), cat: 'timer', id, args });
  }

  private created({ task, atMs }: TaskCreated, inHandle: boolean): void {
    this.tasks.created(task, atMs);
    this.events.push({ ...this.at('i', CALLBACKS, `created task ${task.name}`, atMs), cat: 'task', s: 't' });
    if (inHandle) this.tasks.arrowFrom(task, (this.lastFlow += 1), CALLBACKS, atMs);
  }

  private endTimer(id: number, endMs: number, how: string): void {
    const name = this.openTimers.get(id);
    if (name === undefined) return; // it was scheduled in a part of the recording that has been dropped
    this.openTimers.delete(id);
    this.events.push({ ...this.at('e', CALLBACKS, `timer ${name}`, endMs), cat: 'timer', id, args: { how } });
  }

  private arrow(name: string, [fromTid, fromMs]: [number, number], [toTid, toMs]: [number, number]): void {
    const id = (this.lastFlow += 1);
    this.events.push({ ...this.at('s', fromTid, name, fromMs), cat: 'flow', id });
    this.events.push({ ...this.at('f', toTid, name, toMs), cat: 'flow', id, bp: 'e' });
  }

  private slice(
    tid: number,
    cat: string,
    name: string,
    { startMs, endMs }: { startMs: number; endMs: number },
    args: Readonly<Record<string, unknown>>,
  ): void {
    const dur = duration(startMs, endMs);
    this.events.push({ ...this.at('X', tid, name, startMs), cat, dur, args });
  }

  private at(ph: ChromeTraceEvent['ph'], tid: number, name: string, atMs: number): ChromeTraceEvent {
    return { ph, name, cat: 'loop', pid: PID, tid, ts: microseconds(atMs) };
  }

  private metadata(name: string, tid: number, args: Readonly<Record<string, unknown>>): ChromeTraceEvent {
    return { ph: 'M', name, cat: '__metadata', pid: PID, tid, ts: 0, args };
  }

  private named(tid: number, name: string, order: number): ChromeTraceEvent[] {
    return [
      this.metadata('thread_name', tid, { name }),
      this.metadata('thread_sort_index', tid, { sort_index: order }),
    ];
  }
}

const titleOf = ({ name, coroutine }: TracedTask): string => `task ${name} ${coroutine}`;
