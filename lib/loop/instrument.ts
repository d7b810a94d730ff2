/**
 * Instruments: observers of the loop, for tracing, tests and teaching.
 *
 * The loop has one reference, `null` without instruments, so an unused instrument costs one comparison. Several instruments are combined
 * into one that calls each of them.
 */

import type { RingQueue } from '../collections/ring-queue.js';
import type { Runnable, Timer } from './runnable.js';
import type { LoopStatistics } from './statistics.js';

/** The part of a loop that an instrument may use. */
export interface ObservedLoop {
  /** Its time in milliseconds. */
  time(): number;
  /** Its counters. */
  statistics(): LoopStatistics;
  /** @internal True while it runs beside libuv, which then limits how long it waits. */
  _isHosted(): boolean;
  /** @internal True once it was asked to stop. */
  _isStopping(): boolean;
  /** True in debug mode. */
  getDebug(): boolean;
  /** @internal What it holds. */
  _state(): LoopState;
}

/** A descriptor that the poll reported. Read-only, and valid only during the call: the loop reuses the object. */
export interface ReadyDescriptor {
  readonly fd: number;
  /** The waiter for readability; null: none. */
  readonly reader: Runnable | null;
  /** The waiter for writability; null: none. */
  readonly writer: Runnable | null;
  /** The Socket it belongs to; null if only its number is known. */
  readonly owner: object | null;
  /** The loop's own purpose for it ("wake-up", "libuv", "signals"); null for a descriptor of the program. */
  readonly purpose: string | null;
}

/** A descriptor whose registration has changed. Read-only, and valid only during the call. */
export interface RegisteredDescriptor extends ReadyDescriptor {
  /** What the selector watches: EVENT_READ, EVENT_WRITE or both; 0: the descriptor is no longer registered. */
  readonly registered: number;
}

/** What a loop holds at one moment. The loop's own structures: read-only, and valid only until it continues. */
export interface LoopState {
  /** The ready queue, the next handle first. */
  readonly ready: Iterable<Runnable>;
  /** The timers, including cancelled ones, as they lie in the array of the heap. */
  readonly heap: Iterable<Timer>;
  readonly descriptors: Iterable<RegisteredDescriptor>;
  /** The tasks that are not done, oldest first. */
  readonly tasks: Iterable<Runnable>;
  readonly selector: object;
}

/** A future that a task waits for. */
export interface AwaitedFuture {
  /** Whether it has an outcome. */
  done(): boolean;
  /** Whether that outcome is a cancellation. */
  cancelled(): boolean;
  toString(): string;
}

/** How a task has ended. */
export type TaskOutcome = 'returned' | 'failed' | 'cancelled';

/**
 * The events that an instrument may observe. Every method is optional. An error thrown by one ends the run: instruments must not fail.
 *
 * One iteration calls `iterationStart`, `beforeSelect`, `descriptorReady` for each descriptor, `afterSelect`, `timerFired` for
 * each timer that is due, `handlesReady`, `handleStart` and `handleEnd` for each handle, `iterationEnd`. An iteration of a busy loop may
 * skip its poll (lib/loop/poll-policy.ts), and then calls none of the three in the middle. Observing a loop does not change that. Tasks and
 * timers report when they change, mostly between a `handleStart` and its `handleEnd`. The code of an async function runs in microtasks, in a
 * hosted loop between two iterations, so its reports come between `outsideStart` and `outsideEnd`.
 *
 * These calls are enough to follow the ready queue, the timer heap and the registrations exactly. A handle joins the queue by `enqueued`,
 * `timerFired`, or `descriptorReady` if it is a reader or writer that is not cancelled; it leaves by `handleStart` or `handleSkipped`. A timer
 * joins the heap by `timerScheduled`, and leaves by `timerFired`, `timerDropped`, or `timersCompacted` if it is cancelled.
 */
export interface Instrument {
  /** The instrument is being added to a loop. Throwing an error prevents that. */
  attached?(loop: ObservedLoop): void;
  /** The instrument was removed from the loop. */
  detached?(loop: ObservedLoop): void;
  /** An iteration begins. The first has the number 1. */
  iterationStart?(iteration: number): void;
  /** The loop is about to poll, for at most `timeoutMs`; null: without a timeout. */
  beforeSelect?(timeoutMs: number | null): void;
  /** A descriptor is ready for `events`: EVENT_READ, EVENT_WRITE or both. Called before its waiters are put on the ready queue. */
  descriptorReady?(descriptor: ReadyDescriptor, events: number): void;
  /** The poll has returned; `events` descriptors are ready. */
  afterSelect?(events: number): void;
  /**
   * Every handle that will run in this iteration is on the ready queue; none has run yet. Only a test may change the queue, to try another
   * order.
   */
  handlesReady?(queue: RingQueue<Runnable>): void;
  /** A handle (or a task, which is its own handle) is about to run. */
  handleStart?(handle: Runnable): void;
  /** A handle was taken from the ready queue and does not run, because it was cancelled. */
  handleSkipped?(handle: Runnable): void;
  /** The handle threw `error`, which goes to the exception handler. `handleEnd` follows. */
  handleFailed?(handle: Runnable, error: unknown): void;
  /** The handle has run. */
  handleEnd?(handle: Runnable): void;
  /** Every handle of the iteration has run. */
  iterationEnd?(iteration: number): void;
  /** A hosted loop returns control to Node: promises, Node's callbacks and libuv run next. */
  outsideStart?(): void;
  /** Control is back. `iterationStart` follows. */
  outsideEnd?(): void;
  /** Code has put a handle on the ready queue. */
  enqueued?(runnable: Runnable): void;
  /** A timer was put into the heap. */
  timerScheduled?(timer: Runnable, whenMs: number): void;
  /** A due timer was moved to the ready queue. */
  timerFired?(timer: Runnable, whenMs: number): void;
  /** A timer was cancelled while it was in the heap. It stays there for now. */
  timerCancelled?(timer: Runnable): void;
  /** A cancelled timer at the top of the heap has left it. */
  timerDropped?(timer: Runnable): void;
  /** The heap was rebuilt without cancelled timers. `kept` timers are left. */
  timersCompacted?(kept: number): void;
  /** A descriptor was registered or unregistered, or other events of it are watched, or its reader or writer is another one. */
  descriptorChanged?(descriptor: RegisteredDescriptor): void;
  /** A task was created. */
  taskCreated?(task: Runnable): void;
  /** A task was given another name. */
  taskRenamed?(task: Runnable): void;
  /** A task is about to start or to resume. */
  taskStep?(task: Runnable): void;
  /** A task waits for `future`, as after nearly every step; null: it only yields to the loop. */
  taskWaits?(task: Runnable, future: AwaitedFuture | null): void;
  /** `cancel()` was called on a task; the future it waits for is cancelled next. */
  taskCancelRequested?(task: Runnable): void;
  /** A task has ended, with a result or with `error`. */
  taskDone?(task: Runnable, outcome: TaskOutcome, error?: unknown): void;
}

/** The methods that the loop calls. (The list calls `attached` and `detached`, which concern one instrument each.) */
const METHODS = [
  'iterationStart',
  'beforeSelect',
  'descriptorReady',
  'afterSelect',
  'handlesReady',
  'handleStart',
  'handleSkipped',
  'handleFailed',
  'handleEnd',
  'iterationEnd',
  'outsideStart',
  'outsideEnd',
  'enqueued',
  'timerScheduled',
  'timerFired',
  'timerCancelled',
  'timerDropped',
  'timersCompacted',
  'descriptorChanged',
  'taskCreated',
  'taskRenamed',
  'taskStep',
  'taskWaits',
  'taskCancelRequested',
  'taskDone',
] as const satisfies ReadonlyArray<keyof Instrument>;

/** A method of an instrument. None takes more than three arguments. */
type AnyHook = (a: never, b: never, c: never) => void;

/** Returns one hook that calls all of them in their order. Two are as many as a loop that is inspected has, so they are called without a list. */
function inTurn(first: AnyHook, ...others: readonly AnyHook[]): AnyHook {
  const [second] = others;
  if (second === undefined) return first;
  if (others.length === 1) {
    return (a, b, c) => {
      first(a, b, c);
      second(a, b, c);
    };
  }
  return (a, b, c) => {
    first(a, b, c);
    for (const hook of others) hook(a, b, c);
  };
}

/** The instruments of a loop, and the one they are combined into. */
export class InstrumentList {
  private readonly entries: Array<{ readonly instrument: Instrument }> = [];

  constructor(private readonly loop: ObservedLoop) {}

  /** Adds an instrument, and returns an entry for {@link remove}. One instrument may be added twice. */
  add(instrument: Instrument): object {
    instrument.attached?.(this.loop);
    const entry = { instrument };
    this.entries.push(entry);
    return entry;
  }

  /** Removes one entry. A no-op if it was removed before. */
  remove(entry: object): void {
    const index = this.entries.findIndex((other) => other === entry);
    if (index < 0) return;
    const [removed] = this.entries.splice(index, 1);
    removed?.instrument.detached?.(this.loop);
  }

  /** Returns one instrument that calls all of them, in the order in which they were added; null for none. */
  combined(): Instrument | null {
    const [first, second] = this.entries;
    if (second === undefined) return first?.instrument ?? null;
    const instruments = this.entries.map((entry) => entry.instrument);
    const combined: Record<string, AnyHook> = {};
    for (const method of METHODS) {
      const [first, ...others] = instruments.flatMap((each) => (each[method] as AnyHook | undefined)?.bind(each) ?? []);
      if (first !== undefined) combined[method] = inTurn(first, ...others);
    }
    return combined;
  }
}
