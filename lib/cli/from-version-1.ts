/**
 * Translates traces of version 1, which `JSON.stringify(recorder)` writes, into events for the player. Such a trace does not say when a
 * handle joined the ready queue, or which descriptors are registered: the queue is that of the beginning of each iteration.
 */

import type { HeapEntry } from '../collections/timer-heap.js';
import { TimerHeap } from '../collections/timer-heap.js';
import { Code, EMPTY_STATE, type EventTrace, LIMITS, type Name, OUTCOMES, type TraceEvent } from '../trace/events.js';

const MISSING =
  'This trace is of version 1. It does not say when a handle joined the ready queue, or which descriptors are registered.';

interface Task {
  readonly id: number;
  readonly name: string;
  readonly coroutine: string;
}

interface Timer {
  readonly id: number;
  readonly name: string;
  readonly dueMs: number;
}

/** The fields of an event of any type. */
interface Event {
  readonly type: string;
  readonly atMs: number;
  readonly task: Task;
  readonly timer: Timer;
  readonly cancelled: boolean;
  readonly for: string | null;
  readonly dueMs: number | null;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly error: string | null;
}

interface Handle {
  readonly kind: Name['kind'] | 'outside';
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly error: string | null;
  readonly events: readonly Event[];
}

/** A trace of version 1; lib/trace/trace-data.ts documents it. */
export interface OldTrace {
  readonly version: 1;
  readonly beganMs: number;
  readonly droppedIterations: number;
  readonly iterations: ReadonlyArray<{
    readonly number: number;
    readonly startMs: number;
    readonly endMs: number;
    readonly select: {
      readonly startMs: number;
      readonly endMs: number;
      readonly timeoutMs: number | null;
      readonly limit: (typeof LIMITS)[number];
      readonly ready: ReadonlyArray<{ fd: number; readable: boolean; writable: boolean; what: string | null }>;
    } | null;
    readonly timersFired: readonly Timer[];
    readonly handles: readonly Handle[];
  }>;
}

type Entry = HeapEntry & { readonly id: number };

/** Translates one trace. */
class Translation {
  readonly events: TraceEvent[] = [];
  private readonly names: Record<number, Name> = {};
  private lastId = 0;
  private readonly ids = new Map<string, number>();
  /** The timers in the heap, to find out which cancelled ones were dropped. */
  private readonly heap = new TimerHeap<Entry>();
  /** The tasks by name. */
  private readonly tasks = new Map<string, number>();
  /** What each task waits for. */
  private readonly waits = new Map<number, number>();

  constructor(private readonly old: OldTrace) {}

  translate(): EventTrace {
    for (const iteration of this.old.iterations) this.iteration(iteration);
    const { beganMs, droppedIterations: lost } = this.old;
    return {
      ...{ format: 'selectloop-trace', version: 2, beganMs, names: this.names, events: this.events },
      program: {
        ...{
          title: 'A trace of version 1',
          pid: 0,
          node: '',
          selectloop: '',
          selector: '',
          mode: 'blocking',
          debug: false,
        },
      },
      missing: MISSING,
      lost: lost === 0 ? null : { events: lost, reason: 'older iterations were dropped' },
      keyframes: [{ at: 0, state: EMPTY_STATE }],
    };
  }

  private id(key: string, name: () => Name): number {
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.newId(name());
      this.ids.set(key, id);
    }
    return id;
  }

  private newId(name: Name): number {
    this.lastId += 1;
    this.names[this.lastId] = name;
    return this.lastId;
  }

  private task({ id, name, coroutine }: Task): number {
    const known = this.id(`task ${id}`, () => ({ kind: 'task', name, function: coroutine }));
    this.tasks.set(name, known);
    return known;
  }

  private timer({ id, name }: Timer): number {
    return this.id(`timer ${id}`, () => ({ kind: name.includes('(') ? 'timer' : 'wait', name }));
  }

  private iteration({ number, startMs, endMs, select, timersFired, handles }: OldTrace['iterations'][number]): void {
    const fired = timersFired.map((timer) => this.timer(timer));
    const inside = handles.filter(({ kind }) => kind !== 'outside');
    const due = [...fired];
    const ids = inside.map((handle) => this.handleId(handle, due));
    if (number > 0) {
      for (const id of ids) if (!fired.includes(id)) this.events.push([Code.enqueued, startMs, id, 0]);
      this.events.push([Code.iterationStart, startMs, number]);
      if (select !== null) this.select(select);
      for (const id of fired) this.fire(id, select?.endMs ?? startMs);
      this.events.push([Code.collected, select?.endMs ?? startMs]);
    }
    for (const [i, handle] of inside.entries()) {
      this.events.push([Code.handleStart, handle.startMs, ids[i]!]);
      for (const event of handle.events) this.event(event);
      if (handle.error !== null) this.events.push([Code.handleFailed, handle.endMs, ids[i]!, this.error(handle.error)]);
      this.events.push([Code.handleEnd, handle.endMs, ids[i]!]);
    }
    if (number > 0) this.events.push([Code.iterationEnd, endMs]);
    for (const { kind, events } of handles) if (kind === 'outside') for (const event of events) this.event(event);
  }

  /** A handle that resumes a task is its wait, or the task itself; other handles have no identity. */
  private handleId({ kind, name, events }: Handle, due: number[]): number {
    const step = events.find(({ type }) => type === 'task-runs');
    const task = step === undefined ? undefined : this.task(step.task);
    const wait = task === undefined ? undefined : this.waits.get(task);
    const timer = due.findIndex((id) => (wait === undefined ? this.names[id]?.name === name : id === wait));
    if (timer >= 0) return due.splice(timer, 1)[0]!;
    if (task !== undefined) return kind === 'task' ? task : (wait ?? task);
    return this.newId({ kind: kind === 'outside' ? 'callback' : kind, name });
  }

  private select({
    startMs,
    endMs,
    timeoutMs,
    limit,
    ready,
  }: NonNullable<OldTrace['iterations'][number]['select']>): void {
    this.events.push([Code.selectStart, startMs, timeoutMs ?? -1, LIMITS.indexOf(limit)]);
    for (const { fd, readable, writable, what } of ready) {
      const name = what ?? 'a descriptor';
      const id = this.id(`fd ${fd} ${name}`, () => ({ kind: 'descriptor', name }));
      this.events.push([Code.descriptorReady, endMs, fd, (readable ? 1 : 0) + (writable ? 2 : 0), 0, 0, id]);
    }
    this.events.push([Code.selectEnd, endMs, ready.length]);
  }

  private fire(id: number, atMs: number): void {
    for (let first = this.heap.pop(); first !== undefined && first.id !== id; first = this.heap.pop())
      this.events.push([Code.timerDropped, atMs, first.id]);
    this.events.push([Code.timerFired, atMs, id]);
  }

  private error(text: string): number {
    return this.newId({ kind: 'error', name: text });
  }

  private event({ type, atMs, task, timer, ...event }: Event): void {
    const { events } = this;
    switch (type) {
      case 'task-created':
        events.push([Code.taskCreated, atMs, this.task(task)]);
        break;
      case 'task-runs': {
        const id = this.task(task);
        const wait = this.waits.get(id);
        this.waits.delete(id);
        events.push([Code.taskStep, atMs, id, event.cancelled ? 1 : 0, ...(wait === undefined ? [] : [wait])]);
        break;
      }
      case 'task-waits':
        events.push([Code.taskWaits, atMs, this.task(task), event.for === null ? 0 : this.wait(task, event.for)]);
        break;
      case 'task-cancel':
        events.push([Code.taskCancelRequested, atMs, this.task(task), 0]);
        break;
      case 'task-done': {
        const error = event.error === null ? 0 : this.error(event.error);
        events.push([Code.taskDone, atMs, this.task(task), OUTCOMES.indexOf(event.outcome), error]);
        break;
      }
      case 'timer-scheduled': {
        const id = this.timer(timer);
        const when = timer.dueMs + this.old.beganMs;
        this.heap.push({ id, _when: when, _sequence: id });
        events.push([Code.timerScheduled, atMs, id, when, id]);
        break;
      }
      case 'timer-cancelled':
        events.push([Code.timerCancelled, atMs, this.timer(timer)]);
        break;
      default: // of a later version
    }
  }

  /** The timer that the task has just set, if it waits for that; the task of this name; or a wait without an identity. */
  private wait({ id }: Task, text: string): number {
    const last = this.events.at(-1);
    const set = last?.[0] === Code.timerScheduled && this.names[last[2] ?? 0]?.name === text ? last[2] : undefined;
    const named = /^task '(.*)'$/s.exec(text)?.[1];
    const other = named === undefined ? undefined : this.tasks.get(named);
    const wait = set ?? other ?? this.newId({ kind: 'wait', name: text });
    this.waits.set(this.ids.get(`task ${id}`)!, wait);
    return wait;
  }
}

/** Returns a trace of version 1 as one of version 2, as far as it goes. */
export function fromVersion1(old: OldTrace): EventTrace {
  return new Translation(old).translate();
}
