/**
 * Trace format 2: what a loop did, as events from which every state of the loop can be rebuilt (see replay.ts).
 *
 * Everything an event mentions has an id, a number that is never reused within a trace. `names` describes each id once; 0 stands for none.
 * The ids of tasks, timers, handles, waits, descriptors and errors come from one sequence.
 *
 * `atMs` counts milliseconds from the beginning of the recording. A deadline (`when`) is in the loop's own time, because the heap compares
 * it exactly: subtract `beganMs` to show it.
 *
 * This file and replay.ts also run in browsers, so they import only lib/collections.
 */

/** The code of an event, its first number. The comments name the arguments that follow the time. */
export const Code = {
  /** `iteration`: an iteration begins. */
  iterationStart: 1,
  /** No arguments: every handle of the iteration has run. */
  iterationEnd: 2,
  /** `timeoutMs` (-1: none), `limit` (an index into {@link LIMITS}): the loop polls its selector. */
  selectStart: 3,
  /** `fd`, `events`, `reader`, `writer`, `descriptor`: a descriptor is ready; the reader and the writer (0: none) join the ready queue. */
  descriptorReady: 4,
  /** `count`: the poll has returned, with this many descriptors. */
  selectEnd: 5,
  /** `timer`: the first timer of the heap is due, and moves to the ready queue. */
  timerFired: 6,
  /**
   * `count` (absent: all): all descriptors and timers have been collected. What is on the ready queue now runs in this iteration, or the first
   * `count` of it. The library's own loop runs all.
   */
  collected: 7,
  /** `handle`: a handle leaves the ready queue and begins to run. */
  handleStart: 8,
  /** `handle`: a handle leaves the ready queue and does not run, because it was cancelled. */
  handleSkipped: 9,
  /** `handle`, `error`: a handle has thrown. `handleEnd` follows. */
  handleFailed: 10,
  /** `handle`: a handle has run. */
  handleEnd: 11,
  /** `handle`, `by`: a handle joins the ready queue; `by` is the task, or else the handle, that runs (0: neither). */
  enqueued: 12,
  /** `timer`, `when`, `sequence`: a timer joins the heap. */
  timerScheduled: 13,
  /** `timer`: a timer was cancelled. It stays in the heap. */
  timerCancelled: 14,
  /** `timer`: a cancelled timer leaves the top of the heap. */
  timerDropped: 15,
  /** `kept`: the heap is rebuilt without cancelled timers. */
  timersCompacted: 16,
  /** `fd`, `events`, `reader`, `writer`, `descriptor`: the registration of a descriptor has changed; `events` 0: it is removed. */
  descriptorChanged: 17,
  /** `task`: a task was created; its name has the `parent` that created it. */
  taskCreated: 18,
  /** `task`, `cancelled` (0 or 1), `waits`...: a task begins or resumes. The waits (none: it had yielded to the loop) are over. */
  taskStep: 19,
  /** `task`, `wait`: a task waits; 0: it yields to the loop. An async function may have several waits at the same time. */
  taskWaits: 20,
  /** `task`, `by`: the cancellation of a task was requested. */
  taskCancelRequested: 21,
  /** `task`, `outcome` (an index into {@link OUTCOMES}), `what` (the error, or the result; 0: not recorded): a task has ended. */
  taskDone: 22,
  /** `task`, `name`: a task has a new name, that of the id `name`, whose kind is `rename`. */
  taskRenamed: 23,
  /** No arguments: control returns to Node, whose callbacks and promises run next. Only hosted loops. */
  outsideStart: 24,
  /** No arguments: control is back. */
  outsideEnd: 25,
  /** `iteration`: the recording begins, or continues, with the keyframe at this event. `iteration` is the loop's last. */
  attached: 26,
  /** No arguments: the recording stops. */
  detached: 27,
  /** `events`: an iteration had too many events, and this many of its last ones are missing. The trace continues with the keyframe at this event. */
  gap: 28,
} as const;

/** The number of a kind of event. */
export type Code = (typeof Code)[keyof typeof Code];

/** One event: its code, the time in milliseconds since the recording began, and the arguments that `Code` lists. */
export type TraceEvent = readonly [code: number, atMs: number, ...args: number[]];

/**
 * Why a select waits no longer: handles are `ready`, the loop is `stopping`, the deadline of the first `timer`, work or a timer of libuv
 * (`node`), the limit set by the `caller` of runOnce; `none`: there is no timeout.
 */
export const LIMITS = ['none', 'ready', 'stopping', 'timer', 'node', 'caller'] as const;

/** The most waits of one task that a state lists; an async function could start a million. */
export const MOST_WAITS = 100;

/** How a task ends. */
export const OUTCOMES = ['returned', 'failed', 'cancelled'] as const;

/** A line of the program. */
export interface Place {
  /** An absolute path, or the URL of a module that is no file. Key of {@link EventTrace.sources}. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/**
 * The kind of a name: a `task`; a `timer` of callLater or callAt; a `callback`; a `wait`, which is a future or what resumes a task when
 * it is done; a `continuation`, which resumes a coroutine that an async function awaits; a `descriptor`; the text of an `error`, or of the
 * `result` of a task; the new name of a task (`rename`).
 */
export type NameKind =
  'task' | 'timer' | 'callback' | 'wait' | 'continuation' | 'descriptor' | 'error' | 'result' | 'rename';

/** What an id stands for. */
export interface Name {
  readonly kind: NameKind;
  /**
   * "client-1", the name of a task; "tick()", of a callback or timer; "sleep" or "fd 21 readable, for recv", of a wait; "connected to
   * 127.0.0.1:7007", of a descriptor.
   */
  readonly name: string;
  /** The function of a task, "main()"; "generator" if it was created from a generator object, which does not know its function. */
  readonly function?: string;
  /** The line of the program that waits, or that created it. Only in recordings with places. */
  readonly place?: Place;
  /** The task, or else the handle, that created a task. */
  readonly parent?: number;
  /** The task that a continuation, or the wait of an async function, resumes. */
  readonly task?: number;
  /** The task that a callback will wake, by scheduling its next step. The library's own loop needs no such callback. */
  readonly wakes?: number;
  /** The future that the wait of an async function waits for. */
  readonly future?: number;
  /** True for a wait for a future that was already done when the wait began. */
  readonly done?: true;
  /** What a `gather`, a `wait` or a task group waits for. */
  readonly members?: readonly number[];
  /** True for a descriptor of the loop itself; its name is the purpose, "libuv" or "wake-up". */
  readonly internal?: true;
}

/**
 * A step of an iteration: the loop computes the `timeout`, waits in `select`, collects `descriptors`, then `timers`, and `run`s the ready
 * queue. `outside`: no iteration is running.
 */
export type Station = 'timeout' | 'select' | 'descriptors' | 'timers' | 'run' | 'outside';

/** A timer in the heap. */
export interface TimerState {
  readonly id: number;
  /** The deadline, in the loop's time. */
  readonly when: number;
  /** Orders timers with the same deadline. */
  readonly sequence: number;
  /** A cancelled timer stays in the heap until it is at the top, or until the heap is rebuilt. */
  cancelled: boolean;
}

/** A registered descriptor. */
export interface DescriptorState {
  readonly fd: number;
  /** The name of the descriptor. */
  readonly id: number;
  /** What the kernel watches: 1 for reading, 2 for writing, 3 for both. */
  events: number;
  /** Who waits to read; 0: nothing. */
  reader: number;
  /** Who waits to write; 0: nothing. */
  writer: number;
}

/** A task that is not done. */
export interface TaskState {
  readonly id: number;
  /** What it waits for, limited to `MOST_WAITS`. Empty while it runs, and while it is on the ready queue after it was created or has yielded. */
  waits: number[];
  /** False for a task that was created during the recording and has not run yet. */
  begun: boolean;
  /** How often it has run, since it was created or the recording began. */
  steps: number;
  /** How long the handles that ran it took, likewise. Code of async functions that runs outside of handles is not included. */
  busyMs: number;
  /** Whether its cancellation was requested. */
  cancelling: boolean;
}

/** A handle that has run, or runs, in this iteration. */
export interface RanState {
  readonly id: number;
  /** The last task that it resumed; 0: none. */
  task: number;
  readonly startMs: number;
  /** Null while it runs. */
  endMs: number | null;
  /** What it threw; 0: nothing. */
  error: number;
}

/** The select of an iteration. */
export interface SelectState {
  /** Null: no timeout. */
  readonly timeoutMs: number | null;
  readonly limit: (typeof LIMITS)[number];
  readonly startMs: number;
  /** Null until it returns. */
  endMs: number | null;
  /** The descriptors that were ready, and for what (1: reading, 2: writing, 3: both). */
  readonly ready: Array<{ readonly fd: number; readonly events: number; readonly id: number }>;
}

/** What is known of a loop at one moment, as plain data. */
export interface StateData {
  /** The time of the last event. */
  readonly atMs: number;
  /** The number of the last iteration that has begun. */
  readonly iteration: number;
  readonly station: Station;
  /** Whether control is with Node: between `outsideStart` and `outsideEnd`. */
  readonly outside: boolean;
  /** The ready queue, the next handle first. */
  readonly ready: readonly number[];
  /** How many of them still run in this iteration; the rest runs in the next. */
  readonly left: number;
  /** The timer heap as it lies in its array. */
  readonly heap: readonly TimerState[];
  readonly descriptors: readonly DescriptorState[];
  /** The tasks that are not done, oldest first. */
  readonly tasks: readonly TaskState[];
  /** The handle that runs; 0: none. */
  readonly running: number;
  /** The task that the running handle has resumed last; 0: none. */
  readonly task: number;
  /** What ran in this iteration, including the running handle. */
  readonly ran: readonly RanState[];
  /** The handles of this iteration that were skipped because they were cancelled. */
  readonly skipped: readonly number[];
  /** The timers that were due in this iteration. */
  readonly fired: readonly number[];
  /** The select of this iteration; null before it. */
  readonly select: SelectState | null;
}

/** The state of a loop that has done nothing. */
export const EMPTY_STATE: StateData = {
  ...{
    atMs: 0,
    iteration: 0,
    station: 'outside',
    outside: false,
    ready: [],
    left: 0,
    heap: [],
    descriptors: [],
    tasks: [],
  },
  ...{ running: 0, task: 0, ran: [], skipped: [], fired: [], select: null },
};

/** A state within a trace. */
export interface Keyframe {
  /** The state is the one before `events[at]`. */
  readonly at: number;
  readonly state: StateData;
}

/** What was recorded. */
export interface ProgramData {
  /** The name of the program's file, or the title passed to the recorder. */
  readonly title: string;
  readonly pid: number;
  /** The version of Node, and of the library. */
  readonly node: string;
  readonly selectloop: string;
  /** "epoll", "poll", "select", or another selector's class. */
  readonly selector: string;
  readonly mode: 'hosted' | 'blocking';
  readonly debug: boolean;
  /** True for a loop that is not the library's, but the program's own. */
  readonly own?: true;
}

/** A trace of format 2, as `recorder.toTrace()` returns it. */
export interface EventTrace {
  readonly format: 'selectloop-trace';
  readonly version: 2;
  readonly program: ProgramData;
  /** The loop's time when the recording began. */
  readonly beganMs: number;
  /** Set if the beginning was dropped: the number of events, and why. */
  readonly lost: { readonly events: number; readonly reason: string } | null;
  /** What the trace lacks, in a sentence for its reader; absent: nothing. */
  readonly missing?: string;
  readonly names: Readonly<Record<number, Name>>;
  /** At least one; the first is at 0. */
  readonly keyframes: readonly Keyframe[];
  readonly events: readonly TraceEvent[];
  /** The texts of the program's files that places name. */
  readonly sources?: Readonly<Record<string, string>>;
}
