/**
 * Records the loops of tiny.ts and os.ts for the player, from outside: it replaces some of their methods by ones that also write an event.
 * Loaded only when a program is played, so that these two files show a loop and nothing else.
 */

import type { Selector } from 'selectloop/selectors';
import type { Socket } from 'selectloop/sockets';

import { EventLoop, Future, Handle, Task, TimedHandle } from '../tiny/tiny.js';
import * as os from '../traps/os.js';
import type { Frame } from './recording.js';
import { recorded } from './show.js';

const loop = recorded();

/** Replaces a method. `make` gets the original one, whose `this` is the first argument. */
function replace<T extends object, A extends unknown[], R>(
  prototype: T,
  name: PropertyKey,
  make: (original: (self: T, ...args: A) => R) => (self: T, ...args: A) => R,
): void {
  const methods = prototype as Record<PropertyKey, (...args: A) => R>;
  const original = methods[name]!;
  const replacement = make((self, ...args) => original.apply(self, args));
  methods[name] = function (this: T, ...args: A): R {
    return replacement(this, ...args);
  };
}

/** Has a loop's selector poll through the recording. */
function recordPolls<D>(selector: Selector<D>, before: () => void, waiterOf: (data: D, event: number) => number): void {
  const select = selector.select.bind(selector);
  selector.select = (timeoutMs = null) => {
    before();
    return loop.poll(selector, timeoutMs, () => select(timeoutMs), waiterOf);
  };
}

// --- tiny.ts ----------------------------------------------------------------------------------------------------------

type Callback = () => unknown;
type Callbacks = Map<number, Callback>;

/** What is private in tiny.ts. */
interface LoopParts {
  readonly timers: readonly TimedHandle[];
  readonly selector: Selector<Callbacks>;
}
interface TaskParts {
  readonly outcome: { readonly value: unknown } | { readonly error: unknown } | null;
}

const partsOf = (each: EventLoop): LoopParts => each as unknown as LoopParts;

/** The ids of handles, tasks and waits. */
const ids = new WeakMap<object, number>();
/** What a callback is called, and the task that it wakes. */
const callbacks = new WeakMap<Callback, { readonly name: string; readonly wakes: number }>();
/** The futures that gather has made. */
const gathers = new WeakSet<Future>();
/** Waits for tasks that have not made a step yet. */
const early = new WeakMap<Task, number[]>();
/** The timers that are scheduled. */
let timers: TimedHandle[] = [];
let running: EventLoop | null = null;
const known = new WeakSet<object>();
let taskNumber = 0;

const isTiny = ({ place }: Frame): boolean => /\/tiny\.[jt]s$/.test(place.file);
/** "sleep" of "sleep", "" of "Future.[Symbol.iterator]" and of "EventLoop.callSoon". */
const functionOf = ({ name }: Frame): string => (/[.[<]/.test(name.replace(/^Object\./, '')) ? '' : name);

/** The function of tiny.ts that the coroutine of the running task has called: "sleep". */
function calledIn(frames: readonly Frame[]): string {
  const end = frames.findIndex((frame) => !isTiny(frame) || /^Task\.step/.test(frame.name));
  const inside = (end < 0 ? frames : frames.slice(0, end)).map(functionOf).filter((name) => name !== '');
  const isOwn = end >= 0 && isTiny(frames[end]!); // the coroutine is one of tiny.ts
  return (isOwn ? inside.slice(0, -1) : inside).at(-1) ?? '';
}

function idOf(object: object): number {
  return ids.get(object) ?? 0;
}

const wakes = (task: number): object => (task === 0 ? {} : { wakes: task });

replace(
  EventLoop.prototype,
  'callSoon',
  (original: (self: EventLoop, callback: Callback) => Handle) => (self, callback) => {
    const handle = original(self, callback);
    const frames = loop.frames();
    const { name = 'callback', wakes: task = 0 } = callbacks.get(callback) ?? {};
    const place = loop.ownPlace(frames);
    ids.set(handle, loop.newId({ kind: 'callback', name, ...wakes(task), ...(place && { place }) }));
    loop.enqueued(idOf(handle));
    return handle;
  },
);

replace(
  EventLoop.prototype,
  'callAt',
  (original: (self: EventLoop, whenMs: number, callback: Callback) => TimedHandle) => (self, whenMs, callback) => {
    const handle = original(self, whenMs, callback);
    const frames = loop.frames();
    const place = loop.ownPlace(frames);
    const name = calledIn(frames) || 'timer';
    ids.set(handle, loop.newId({ kind: 'timer', name, ...wakes(loop.task), ...(place && { place }) }));
    timers.push(handle);
    loop.timerSet(idOf(handle), whenMs);
    return handle;
  },
);

replace(
  EventLoop.prototype,
  'watch',
  (original: (self: EventLoop, socket: Socket, event: number, callback: Callback) => void) =>
    (self, socket, event, callback) => {
      const name = `fd ${socket.fileno()} ${event === 1 ? 'readable' : 'writable'}`;
      callbacks.set(callback, { name, wakes: loop.task });
      ids.set(callback, loop.newId({ kind: 'wait', name, ...(loop.task !== 0 && { task: loop.task }) }));
      original(self, socket, event, callback);
    },
);

replace(EventLoop.prototype, 'runOnce', (original: (self: EventLoop) => void) => (self) => {
  if (!known.has(self)) {
    known.add(self);
    recordPolls(partsOf(self).selector, dropTimers, (data, event) => idOf(data.get(event) ?? {}));
  }
  running = self;
  loop.begins();
  original(self);
  collect();
});

/** The timers that have left the loop's list. */
function goneTimers(): TimedHandle[] {
  const left = new Set(running === null ? [] : partsOf(running).timers);
  const gone = timers.filter((timer) => !left.has(timer)).sort((a, b) => a.whenMs - b.whenMs);
  timers = timers.filter((timer) => left.has(timer));
  return gone;
}

function dropTimers(): void {
  for (const timer of goneTimers()) loop.timerDropped(idOf(timer));
}

/** Everything that this iteration runs is known. */
function collect(): void {
  if (!loop.collecting) return;
  for (const timer of goneTimers()) loop.timerFired(idOf(timer));
  loop.collected();
}

replace(Handle.prototype, 'run', (original: (self: Handle) => void) => (self) => {
  collect();
  if (self.cancelled) return;
  loop.runs(idOf(self));
  original(self);
  loop.ended();
});

replace(Handle.prototype, 'cancel', (original: (self: Handle) => void) => (self) => {
  if (self instanceof TimedHandle && timers.includes(self) && !self.cancelled) loop.timerCancelled(idOf(self));
  original(self);
});

replace(
  Future.prototype,
  'addDoneCallback',
  (original: (self: Future, callback: Callback) => void) => (self, callback) => {
    const name = loop
      .frames()
      .map(functionOf)
      .find((each) => each !== '');
    if (name === 'gather' && !(self instanceof Task)) gathers.add(self);
    if (name !== undefined) callbacks.set(callback, { name: `callback of ${name}`, wakes: 0 });
    original(self, callback);
  },
);

replace(
  Future.prototype,
  Symbol.iterator,
  (original: (self: Future) => Generator<Future | undefined, unknown>) =>
    function* (self) {
      if (!self.done()) notesWait(self);
      return yield* original(self);
    },
);

function notesWait(future: Future): void {
  const frames = loop.frames();
  const inTask = frames.slice(
    0,
    frames.findIndex(({ name }) => /^Task\.step/.test(name)),
  );
  const outermost = inTask.map(functionOf).findLast((name) => name !== '');
  if (outermost !== undefined && loop.task !== 0) loop.name(loop.task).function = `${outermost}()`;
  const place = loop.ownPlace(frames);
  const task = future instanceof Task ? idOf(future) : 0;
  const name = task !== 0 ? loop.name(task).name : calledIn(frames) || (gathers.has(future) ? 'gather' : 'a future');
  const wait = loop.newId({ kind: 'wait', name, ...(task !== 0 && { future: task }), ...(place && { place }) });
  if (future instanceof Task && task === 0) early.set(future, [...(early.get(future) ?? []), wait]);
  waits.set(future, wait);
}

const waits = new WeakMap<Future, number>();

/** The id of a task, which is known from its first step on. */
function taskOf(task: Task): number {
  const handle = loop.name(loop.cause);
  let id = idOf(task);
  if (id === 0) {
    taskNumber += 1;
    const name = `Task-${taskNumber}`;
    id = loop.createdWith(loop.cause, { kind: 'task', name, ...(handle.place && { place: handle.place }) });
    ids.set(task, id);
    for (const wait of early.get(task) ?? []) Object.assign(loop.name(wait), { name, future: id });
  }
  handle.name = `${loop.name(id).name} step`;
  handle.task = id;
  return id;
}

replace(Task.prototype, 'step', (original: (self: Task) => void) => (self) => {
  const id = taskOf(self);
  loop.steps(id);
  original(self);
  const { outcome } = self as unknown as TaskParts;
  if (outcome === null) return;
  if ('error' in outcome) loop.threw(id, outcome.error);
  else loop.returned(id, outcome.value);
});

replace(
  Task.prototype,
  'scheduleNextStep',
  (original: (self: Task, yielded: Future | undefined) => void) => (self, yielded) => {
    loop.parks(idOf(self), yielded === undefined ? 0 : (waits.get(yielded) ?? 0));
    original(self, yielded);
  },
);

// --- os.ts ------------------------------------------------------------------------------------------------------------

type Answer = os.Answer;

/** What is private in os.ts. */
interface SchedulerParts {
  readonly selector: Selector<Map<number, os.Task>>;
  readonly tasks: ReadonlyMap<number, os.Task>;
}
const scheduler = os.Scheduler.prototype;
const insides = (self: os.Scheduler): SchedulerParts => self as unknown as SchedulerParts;

/** The tasks that sleep. */
const sleepers = new Set<os.Task>();
const killed = new WeakSet<os.Task>();

replace(
  scheduler,
  'spawn',
  (original: (self: os.Scheduler, program: os.Program<unknown>) => number) => (self, program) => {
    const number = original(self, program);
    const task = self.task(number)!;
    const place = loop.ownPlace();
    ids.set(task, loop.created({ kind: 'task', name: `Task ${number}`, ...(place && { place }) }));
    loop.enqueued(idOf(task));
    return number;
  },
);

replace(scheduler, 'mainloop', (original: (self: os.Scheduler) => void) => (self) => {
  recordPolls(
    insides(self).selector,
    () => undefined,
    (data, event) => idOf(data.get(event) ?? {}),
  );
  tasksById = insides(self).tasks;
  loop.begins();
  original(self);
});

replace(scheduler, 'run', (original: (self: os.Scheduler, task: os.Task) => void) => (self, task) => {
  if (task.id === 0) {
    loop.ended();
    original(self, task); // the poll
    return;
  }
  if (loop.collecting) loop.collected();
  loop.runs(idOf(task));
  original(self, task);
  if (hasYielded) loop.enqueued(idOf(task));
  loop.ended();
});

/** The last step of a task has ended with a bare yield. */
let hasYielded = false;

replace(os.Task.prototype, 'step', (original: (self: os.Task) => ReturnType<os.Task['step']>) => (self) => {
  const id = idOf(self);
  if (id === 0) return original(self);
  loop.steps(id);
  const outcome = original(self);
  hasYielded = outcome === undefined;
  if (outcome === undefined) loop.parks(id, 0);
  else if (outcome instanceof os.Trap) {
    const place = loop.ownPlace();
    const { id: number } = outcome as { id?: number };
    const awaited = outcome.constructor.name === 'WaitTask' ? idOf(tasksById.get(number ?? 0) ?? {}) : 0;
    const name = `system call ${outcome.constructor.name}`;
    loop.parks(
      id,
      loop.newId({ kind: 'wait', name, ...(awaited !== 0 && { future: awaited }), ...(place && { place }) }),
    );
  }
  return outcome;
});

/** Of the scheduler that runs. */
let tasksById: ReadonlyMap<number, os.Task> = new Map();

replace(
  scheduler,
  'resume',
  (original: (self: os.Scheduler, task: os.Task, answer: Answer) => void) => (self, task, answer) => {
    original(self, task, answer);
    if (sleepers.delete(task)) loop.timerFired(idOf(task));
    else loop.enqueued(idOf(task));
  },
);

replace(
  scheduler,
  'sleep',
  (original: (self: os.Scheduler, task: os.Task, delayMs: number) => void) => (self, task, delayMs) => {
    original(self, task, delayMs);
    sleepers.add(task);
    loop.timerSet(idOf(task), performance.now() + delayMs);
  },
);

replace(scheduler, 'kill', (original: (self: os.Scheduler, task: os.Task) => void) => (self, task) => {
  if (sleepers.delete(task)) loop.timerCancelled(idOf(task), true);
  loop.cancels(idOf(task));
  killed.add(task);
  original(self, task);
});

replace(
  scheduler,
  'end',
  (original: (self: os.Scheduler, task: os.Task, outcome: Answer) => void) => (self, task, outcome) => {
    if ('error' in outcome) loop.threw(idOf(task), outcome.error);
    else if (killed.has(task)) loop.killed(idOf(task));
    else loop.returned(idOf(task), outcome.value);
    original(self, task, outcome);
  },
);
