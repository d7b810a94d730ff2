/** The trace as text. docs/guide/tracing.md explains one line by line. */

import { checkNames, optionNames } from '../errors/index.js';
import type {
  TaskRuns,
  TaskWaits,
  TraceData,
  TracedDescriptor,
  TracedEvent,
  TracedHandle,
  TracedIteration,
  TracedSelect,
} from './trace-data.js';

/** Options of `Recorder.toText`. */
export interface TextOptions {
  /** If false, writes only the line of each iteration, without those of its handles. Default: true. */
  details?: boolean;
  /** If false, leaves out measured times, so that two runs of a program can be compared. Default: true. */
  times?: boolean;
}

const OPTIONS = optionNames<TextOptions>({ details: true, times: true });

/** The largest number of names in the line of an iteration. */
const MOST_NAMES = 6;
const INDENT = '    ';

/** Returns a trace as text, with one line for each iteration and, indented below it, one for each handle. */
export function textOf(trace: TraceData, options: TextOptions = {}): string {
  const { details = true, times = true } = checkNames('toText: options', options, OPTIONS);
  const writer = new TextWriter(times);
  const lines = trace.iterations.flatMap((iteration) => [
    writer.iteration(iteration),
    ...(details ? writer.handles(iteration) : []),
  ]);
  if (trace.droppedIterations > 0) lines.unshift(`(${counted(trace.droppedIterations, 'older iteration')} dropped)`);
  return lines.map((line) => `${line}\n`).join('');
}

class TextWriter {
  constructor(private readonly times: boolean) {}

  iteration(iteration: TracedIteration): string {
    const { number, startMs, handles, leftOut, timersLeft } = iteration;
    const at = this.times ? ` at ${ms(startMs)}` : '';
    const ran = namesOf(handles);
    const parts = [
      `#${number}${at}`,
      ...this.polled(iteration),
      ...(iteration.select === null && ran === '' ? [] : [`ran: ${ran || 'nothing'}`]),
      `timers left: ${timersLeft}`,
      ...(leftOut > 0 ? [`left out: ${leftOut}`] : []),
    ];
    return parts.join(' | ');
  }

  handles({ handles }: TracedIteration): string[] {
    return handles.flatMap((handle) => this.handle(handle));
  }

  private polled({ number, select, skippedWith }: TracedIteration): string[] {
    if (select !== null) {
      return [this.select(select), `descriptors ready: ${select.ready.map(describeDescriptor).join(', ') || 'none'}`];
    }
    if (number === 0) return ['before the first iteration'];
    if (skippedWith === null) return ['recording began after the select'];
    return [`no select (${skippedWith === 1 ? 'a handle is' : `${skippedWith} handles are`} ready)`];
  }

  private select(select: TracedSelect): string {
    const { timeoutMs, startMs, endMs } = select;
    const waited = this.times ? `, waited ${ms(endMs - startMs)}` : '';
    return `select ${this.limit(select, timeoutMs ?? 0)}${waited}`;
  }

  private limit({ limit }: TracedSelect, timeoutMs: number): string {
    const atMost = this.times ? `at most ${ms(timeoutMs)}` : 'a limited time';
    const node = this.times ? `at most ${ms(timeoutMs)} (Node's own timer)` : 'as long as Node allows';
    switch (limit) {
      case 'none':
        return 'without a timeout (no timer)';
      case 'ready':
        return '0 ms (a handle is ready)';
      case 'stopping':
        return '0 ms (the loop is stopping)';
      case 'timer':
        return this.times ? `${atMost} (first timer)` : 'until the first timer';
      case 'caller':
        return timeoutMs === 0 ? '0 ms (runOnce)' : `${atMost} (runOnce)`;
      case 'node':
        return timeoutMs === 0 && this.times ? '0 ms (Node has work)' : node;
    }
  }

  /** Returns the lines of a handle; if it resumes several tasks, one after the other, there is a line for each. */
  private handle(handle: TracedHandle): string[] {
    const lines: string[] = [];
    let subject: number | null = null;
    let clauses: string[] = [];
    const outside = handle.kind === 'outside';
    let title = outside ? 'outside of handles:' : `${handle.kind} ${handle.name}:`;
    const flush = (): void => {
      if (clauses.length > 0) lines.push(`${INDENT}${title} ${clauses.join('; ')}`);
    };
    for (const event of handle.events) {
      if (event.type === 'task-runs') {
        flush();
        subject = event.task.id;
        title = `task '${event.task.name}' ${event.task.coroutine}`;
        clauses = [this.resumed(event)];
      } else {
        const clause = this.clause(event, subject);
        if (clause !== null) clauses.push(clause);
      }
    }
    if (handle.error !== null) clauses.push(`threw ${handle.error}`);
    if (clauses.length === 0 && lines.length === 0 && !outside) clauses.push('ran');
    flush();
    const took = handle.endMs - handle.startMs;
    if (this.times && !outside) lines.push(`${lines.pop() ?? ''} (took ${ms(took)})`);
    return lines;
  }

  private resumed(event: TaskRuns): string {
    if (event.begins) return 'begins';
    if (event.after === null) return 'resumes';
    return event.cancelled ? `resumes, cancelled in: ${event.after}` : `resumes after: ${event.after}`;
  }

  /** Returns the text of an event; null if another clause already says it. */
  private clause(event: Exclude<TracedEvent, TaskRuns>, subject: number | null): string | null {
    switch (event.type) {
      case 'task-created':
        return `created task '${event.task.name}' ${event.task.coroutine}`;
      case 'task-waits':
        return `${who(event, subject)}${this.wait(event)}`;
      case 'task-cancel':
        return `cancels task '${event.task.name}'`;
      case 'task-done':
        return `${who(event, subject)}is done: ${event.error === null ? event.outcome : `failed with ${event.error}`}`;
      case 'timer-scheduled':
      case 'timer-cancelled': {
        const { name, dueMs } = event.timer;
        if (name === 'sleep') return null; // the clause of the task's wait says it
        const due = this.times ? ` due at ${ms(dueMs)}` : '';
        return `${event.type === 'timer-scheduled' ? 'set' : 'cancelled'} timer ${name}${due}`;
      }
    }
  }

  private wait({ for: what, dueMs }: TaskWaits): string {
    if (what === null) return 'yields';
    return `waits for: ${what}${dueMs !== null && this.times ? ` until ${ms(dueMs)}` : ''}`;
  }
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? ' was' : 's were'}`;

const who = ({ task }: { task: { id: number; name: string } }, subject: number | null): string =>
  task.id === subject ? '' : `task '${task.name}' `;

function describeDescriptor({ fd, readable, writable, what }: TracedDescriptor): string {
  const state = readable && writable ? 'readable and writable' : readable ? 'readable' : 'writable';
  return `fd ${fd} ${state}${what === null ? '' : ` (${what})`}`;
}

/** Returns the names of the handles of an iteration; a handle that resumes a task has the name of the task. */
function namesOf(handles: readonly TracedHandle[]): string {
  const names = handles.filter(({ kind }) => kind !== 'outside').map(nameOf);
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length <= MOST_NAMES ? shown : `${shown} and ${names.length - MOST_NAMES} more`;
}

function nameOf({ kind, name, events }: TracedHandle): string {
  if (kind === 'callback' || kind === 'timer') return `${kind} ${name}`;
  const resumed = events.find((event) => event.type === 'task-runs');
  return resumed === undefined ? name : `task '${resumed.task.name}'`;
}
