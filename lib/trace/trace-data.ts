/**
 * What a recorder keeps: plain data, which `JSON.stringify(recorder)` writes.
 *
 * Times are milliseconds since the recording began, on the loop's own clock. The shape is versioned: fields may be added to
 * version 1, what they mean does not change.
 */

import type { TaskOutcome } from '../loop/instrument.js';

/** A whole trace. */
export interface TraceData {
  readonly format: 'selectloop-trace';
  readonly version: 1;
  /** What the loop's clock showed when the recording began. */
  readonly beganMs: number;
  /** How many iterations, older than those below, were recorded and dropped again. */
  readonly droppedIterations: number;
  readonly iterations: readonly TracedIteration[];
}

/** One iteration of the loop, and what happened between it and the next. */
export interface TracedIteration {
  /** As the loop counts them, from 1. What happens before the first iteration is kept under the number 0. */
  readonly number: number;
  readonly startMs: number;
  /** When all its handles had run. Until then, and if a fatal error left the loop: when the last thing known of it happened. */
  endMs: number;
  /** Null if the recording began after the select. */
  select: TracedSelect | null;
  /** The timers that were due after the select. Each is run as a handle, unless another handle cancels it first. */
  readonly timersFired: TracedTimer[];
  readonly handles: TracedHandle[];
  /** How many handles and events were left out because the iteration had too many; see RecorderOptions. */
  leftOut: number;
  /** How many timers were going to run when the next iteration began. */
  timersLeft: number;
}

/**
 * Why select waits no longer than it does: handles are `ready`, the loop is `stopping`, until the first `timer`, libuv has work
 * or a timer (`node`), the `caller` of runOnce has set a limit; `none`: there is no limit.
 */
export type SelectLimit = 'ready' | 'stopping' | 'timer' | 'node' | 'caller' | 'none';

/** One wait for descriptors. */
export interface TracedSelect {
  readonly startMs: number;
  endMs: number;
  /** The longest time it may take; null: for ever. */
  readonly timeoutMs: number | null;
  readonly limit: SelectLimit;
  readonly ready: TracedDescriptor[];
}

/** A descriptor that was ready. */
export interface TracedDescriptor {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** What it is: "listening on 127.0.0.1:7007", "connected to ...", "wake-up", "libuv"; null if that is not known. */
  readonly what: string | null;
}

/**
 * Something the loop ran: a `task`; the `wait` of a task, which resumes it; a `callback`; a `timer`, which is a callback too. What
 * happens while no handle runs is collected under `outside`: the code of async functions, callbacks of Node.
 */
export interface TracedHandle {
  readonly kind: 'task' | 'wait' | 'callback' | 'timer' | 'outside';
  readonly name: string;
  readonly startMs: number;
  endMs: number;
  /** What it threw; null if nothing. */
  error: string | null;
  readonly events: TracedEvent[];
}

/** A task, by a number of this trace's own. The name is the one it had at that time. */
export interface TracedTask {
  readonly id: number;
  readonly name: string;
  /** The function it runs; "generator" if it was made of a generator object, which does not know its function. */
  readonly coroutine: string;
}

/** A timer, by a number of this trace's own. */
export interface TracedTimer {
  readonly id: number;
  /** "tick()" for a callback, "sleep" for a task that sleeps. */
  readonly name: string;
  readonly dueMs: number;
}

/** A task was made. */
export interface TaskCreated {
  readonly type: 'task-created';
  readonly atMs: number;
  readonly task: TracedTask;
}

/** A task begins, or goes on after a wait. */
export interface TaskRuns {
  readonly type: 'task-runs';
  readonly atMs: number;
  readonly task: TracedTask;
  readonly begins: boolean;
  /** What it had waited for; null if it had only given way, or if that is not known. */
  readonly after: string | null;
  /** True if the wait was cancelled. */
  readonly cancelled: boolean;
}

/** A task waits. */
export interface TaskWaits {
  readonly type: 'task-waits';
  readonly atMs: number;
  readonly task: TracedTask;
  /** Null: it only gives the others a turn. */
  readonly for: string | null;
  /** When the wait ends at the latest, if it is for a timer. */
  readonly dueMs: number | null;
}

/** Somebody asked a task to end. */
export interface TaskCancelRequested {
  readonly type: 'task-cancel';
  readonly atMs: number;
  readonly task: TracedTask;
}

/** A task has ended. */
export interface TaskDone {
  readonly type: 'task-done';
  readonly atMs: number;
  readonly task: TracedTask;
  readonly outcome: TaskOutcome;
  /** Null unless it failed. */
  readonly error: string | null;
}

/** A timer was put into the heap, or cancelled while it stood there. */
export interface TimerChanged {
  readonly type: 'timer-scheduled' | 'timer-cancelled';
  readonly atMs: number;
  readonly timer: TracedTimer;
}

/** Something that happened while a handle ran. */
export type TracedEvent = TaskCreated | TaskRuns | TaskWaits | TaskCancelRequested | TaskDone | TimerChanged;
