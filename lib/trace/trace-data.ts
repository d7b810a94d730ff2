/**
 * The data of a recorder, as `JSON.stringify(recorder)` writes it.
 *
 * Times are milliseconds since the recording began, on the loop's clock. The format is versioned: fields may be added to version 1,
 * but the meaning of existing fields does not change.
 */

import type { TaskOutcome } from '../loop/instrument.js';

/** A whole trace. */
export interface TraceData {
  readonly format: 'selectloop-trace';
  readonly version: 1;
  /** The loop's time when the recording began. */
  readonly beganMs: number;
  /** The number of older iterations that were recorded and then dropped. */
  readonly droppedIterations: number;
  readonly iterations: readonly TracedIteration[];
}

/** One iteration of the loop, and the events between it and the next. */
export interface TracedIteration {
  /** The loop's count of iterations, from 1. Events before the first iteration have the number 0. */
  readonly number: number;
  readonly startMs: number;
  /** The time when all its handles had run. Until then, or if a fatal error ended the loop: the time of its last known event. */
  endMs: number;
  /** Null if the loop skipped the select, or if the recording began after it. */
  select: TracedSelect | null;
  /** How many handles were ready when the loop skipped the select; null if it did not. */
  skippedWith: number | null;
  /** The timers that were due after the select. Each runs as a handle, unless another handle cancels it first. */
  readonly timersFired: TracedTimer[];
  readonly handles: TracedHandle[];
  /** The number of handles and events that were left out because the iteration had too many; see RecorderOptions. */
  leftOut: number;
  /** The number of scheduled timers when the next iteration began. */
  timersLeft: number;
}

/**
 * The reason for the timeout of a select: handles are `ready`, the loop is `stopping`, the deadline of the first `timer`, work or a timer
 * of libuv (`node`), the limit set by the `caller` of runOnce; `none`: there is no timeout.
 */
export type SelectLimit = 'ready' | 'stopping' | 'timer' | 'node' | 'caller' | 'none';

/** One wait for descriptors. */
export interface TracedSelect {
  readonly startMs: number;
  endMs: number;
  /** The timeout; null: none. */
  readonly timeoutMs: number | null;
  readonly limit: SelectLimit;
  readonly ready: TracedDescriptor[];
}

/** A descriptor that was ready. */
export interface TracedDescriptor {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** A description: "listening on 127.0.0.1:7007", "connected to ...", "wake-up", "libuv"; null if unknown. */
  readonly what: string | null;
}

/**
 * A handle that the loop ran: a `task`, a `wait` that resumes its task, a `callback`, or a `timer`. Events that happen while no handle
 * runs, in async functions and Node callbacks, are collected under `outside`.
 */
export interface TracedHandle {
  readonly kind: 'task' | 'wait' | 'callback' | 'timer' | 'outside';
  readonly name: string;
  readonly startMs: number;
  endMs: number;
  /** The error that it threw; null if none. */
  error: string | null;
  readonly events: TracedEvent[];
}

/** A task. `id` is specific to the trace; `name` is its name at that time. */
export interface TracedTask {
  readonly id: number;
  readonly name: string;
  /** The function that it runs; "generator" if it was created from a generator object, which does not know its function. */
  readonly coroutine: string;
}

/** A timer. `id` is specific to the trace. */
export interface TracedTimer {
  readonly id: number;
  /** "tick()" for a callback, "sleep" for a task that sleeps. */
  readonly name: string;
  readonly dueMs: number;
}

/** A task was created. */
export interface TaskCreated {
  readonly type: 'task-created';
  readonly atMs: number;
  readonly task: TracedTask;
}

/** A task begins, or resumes after a wait. */
export interface TaskRuns {
  readonly type: 'task-runs';
  readonly atMs: number;
  readonly task: TracedTask;
  readonly begins: boolean;
  /** What it had waited for; null if it had yielded to the loop, or if that is unknown. */
  readonly after: string | null;
  /** True if the wait was cancelled. */
  readonly cancelled: boolean;
}

/** A task waits. */
export interface TaskWaits {
  readonly type: 'task-waits';
  readonly atMs: number;
  readonly task: TracedTask;
  /** What it waits for; null if it only yields to the loop. */
  readonly for: string | null;
  /** The deadline of the wait, if it is for a timer. */
  readonly dueMs: number | null;
}

/** The cancellation of a task was requested. */
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

/** A timer was added to the timer heap, or cancelled while it was there. */
export interface TimerChanged {
  readonly type: 'timer-scheduled' | 'timer-cancelled';
  readonly atMs: number;
  readonly timer: TracedTimer;
}

/** An event that happened while a handle ran. */
export type TracedEvent = TaskCreated | TaskRuns | TaskWaits | TaskCancelRequested | TaskDone | TimerChanged;
