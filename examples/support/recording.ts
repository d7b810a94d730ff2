/** What the loop of an example has done, as the events that the player shows. show.ts and show-loops.ts write them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import type { Selector } from 'selectloop/selectors';
import type { EventTrace, Name, Place, TraceEvent } from 'selectloop/trace';

/** The numbers of the events, which `Code` in lib/trace/events.ts explains. */
const [ITERATION_START, ITERATION_END, SELECT_START, DESCRIPTOR_READY, SELECT_END, TIMER_FIRED] = [1, 2, 3, 4, 5, 6];
const [COLLECTED, HANDLE_START, HANDLE_SKIPPED, HANDLE_FAILED, HANDLE_END, ENQUEUED] = [7, 8, 9, 10, 11, 12];
const [TIMER_SCHEDULED, TIMER_CANCELLED, TIMER_DROPPED, TIMERS_COMPACTED, DESCRIPTOR_CHANGED] = [13, 14, 15, 16, 17];
const [TASK_CREATED, TASK_STEP, TASK_WAITS, TASK_CANCEL, TASK_DONE, DETACHED] = [18, 19, 20, 21, 22, 27];

/** Why a select waits no longer: nothing limits it, a handle is ready, a timer is due. */
const [NO_LIMIT, READY, TIMER] = [0, 1, 3];

/** Before a longer wait the player is written. */
const LONG_MS = 100;

/** How a task ends. */
const [RETURNED, FAILED, CANCELLED] = [0, 1, 2];

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type MutableName = Writable<Name>;

/** A line on the stack of the program, without what is in examples/support. */
export interface Frame {
  readonly place: Place;
  /** The name of the function or method; '' if it has none. */
  readonly name: string;
}

/** The folder of the examples. */
const EXAMPLES = dirname(dirname(new URL(import.meta.url).pathname));

/** The file of the program. */
const PROGRAM = process.argv[1] ?? '';

/** Methods of loops, futures and tasks: what calls them is more interesting. */
const MACHINERY = /\b(?:Loop|EventLoop|CountingLoop|Scheduler|Future|Task|Handle|callback)\b/;

/** The events of one program, which has one loop, or one after the other. */
export class Recording {
  /** The task that makes a step; 0: none. */
  task = 0;
  private readonly names: Record<number, MutableName> = {};
  private readonly events: TraceEvent[] = [];
  private readonly sources: Record<string, string> = {};
  private readonly beganMs = performance.now();
  private ownMs = 0;
  private lastId = 0;
  private iteration = 0;
  /** An iteration has begun, and what it will run is not known yet. */
  collecting = false;
  private running = 0;
  /** What is on the ready queue. */
  private readonly queue: number[] = [];
  /** How many of them this iteration still runs. */
  private left = 0;
  /** The waits of the tasks that are not done. */
  private readonly waits = new Map<number, number>();
  /** The registered descriptors: what is watched, and their ids. */
  private readonly watched = new Map<number, { readonly events: number; readonly id: number; readonly who: string }>();
  private timers = 0;

  /** @param target where the player is written at the end of the process */
  constructor(private readonly target: string) {
    process.once('exit', () => this.write());
  }

  // --- Names ------------------------------------------------------------------------------------------------------------

  newId(name: Name): number {
    this.lastId += 1;
    this.names[this.lastId] = name;
    return this.lastId;
  }

  name(id: number): MutableName {
    return this.names[id]!;
  }

  /** The lines of the program that called, the innermost first. */
  frames(): Frame[] {
    const startMs = performance.now();
    const frames: Frame[] = [];
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 40;
    const { stack = '' } = new Error();
    Error.stackTraceLimit = limit;
    for (const line of stack.split('\n')) {
      const [, name = '', file = '', row, column] = /at (?:(.*) \()?(?:file:\/\/)?(\/.*?):(\d+):(\d+)/.exec(line) ?? [];
      if (!file.startsWith(EXAMPLES) || file.startsWith(join(EXAMPLES, 'support'))) continue;
      this.sources[file] ??= readFileSync(file, 'utf8');
      frames.push({ place: { file, line: Number(row), column: Number(column) }, name });
    }
    // Finding lines takes longer than the steps themselves.
    this.ownMs += performance.now() - startMs;
    return frames;
  }

  /** The innermost line of the program itself, and not of its loop. */
  ownPlace(frames: readonly Frame[] = this.frames()): Place | undefined {
    const step = frames.findIndex(({ name }) => name.startsWith('Task.step')); // below it is what runs the loop
    const inside = step < 0 ? frames : frames.slice(0, step);
    const own = inside.filter(({ name }) => name !== '' && !MACHINERY.test(name));
    return (own.find(({ place }) => place.file === PROGRAM) ?? own.at(-1))?.place;
  }

  // --- Events -----------------------------------------------------------------------------------------------------------

  private now(): number {
    return performance.now() - this.beganMs - this.ownMs;
  }

  private add(code: number, ...args: number[]): void {
    this.events.push([code, this.now(), ...args]);
  }

  /** An iteration begins. Handles that join the queue until `collected` still belong to it. */
  begins(number = this.iteration + 1): void {
    this.ended();
    for (; this.left > 0; this.left -= 1) this.add(HANDLE_SKIPPED, this.queue.shift()!); // cancelled
    if (this.iteration > 0) this.add(ITERATION_END);
    this.iteration = number;
    this.collecting = true;
    this.add(ITERATION_START, number);
  }

  /** What is on the queue now will run in this iteration, or only the first of it. */
  collected(number?: number, count = 0): void {
    if (!this.collecting) this.begins(number);
    this.collecting = false;
    this.left = count === 0 ? this.queue.length : count;
    this.add(COLLECTED, ...(count === 0 ? [] : [count]));
  }

  /** Polls, and returns what is ready. @param waiterOf the ids of what waits for a descriptor, for reading and writing */
  poll<D>(
    selector: Pick<Selector<D>, 'getMap'>,
    timeoutMs: number | null,
    select: () => ReturnType<Selector<D>['select']>,
    waiterOf: (data: D, event: number) => number,
  ): ReturnType<Selector<D>['select']> {
    if (!this.collecting) this.begins();
    this.registered(selector, waiterOf);
    if (timeoutMs === null || timeoutMs >= LONG_MS) this.write(); // Ctrl-C may end a server that waits here
    this.add(SELECT_START, timeoutMs ?? -1, timeoutMs === 0 ? READY : timeoutMs === null ? NO_LIMIT : TIMER);
    const found = select();
    for (const [{ fd }, events] of found) this.add(DESCRIPTOR_READY, fd, events, 0, 0, this.watched.get(fd)?.id ?? 0);
    this.add(SELECT_END, found.length);
    return found;
  }

  /** Notes what is registered now. */
  registered<D>(selector: Pick<Selector<D>, 'getMap'>, waiterOf: (data: D, event: number) => number): void {
    const map = selector.getMap();
    for (const [fd, { id }] of this.watched) {
      if (map.has(fd)) continue;
      this.watched.delete(fd);
      this.add(DESCRIPTOR_CHANGED, fd, 0, 0, 0, id);
    }
    for (const [fd, { events, data, fileobj }] of map.entries()) {
      const before = this.watched.get(fd);
      const [reader, writer] = [1, 2].map((event) => ((events & event) === 0 ? 0 : waiterOf(data, event)));
      const who = `${reader} ${writer}`;
      if (before?.events === events && before.who === who) continue;
      const id = before?.id ?? this.newId({ kind: 'descriptor', name: addressOf(fileobj) });
      this.watched.set(fd, { events, id, who });
      this.add(DESCRIPTOR_CHANGED, fd, events, reader ?? 0, writer ?? 0, id);
    }
  }

  timerSet(id: number, whenMs: number): void {
    this.timers += 1;
    this.add(TIMER_SCHEDULED, id, whenMs - this.ownMs, this.timers);
  }

  /** A timer is cancelled. @param leaves it also leaves the timers, and does not wait until it is the first */
  timerCancelled(id: number, leaves = false): void {
    this.add(TIMER_CANCELLED, id);
    if (leaves) this.add(TIMERS_COMPACTED, 0);
  }

  /** A cancelled timer leaves the front. */
  timerDropped(id: number): void {
    this.add(TIMER_DROPPED, id);
  }

  timerFired(id: number): void {
    this.queue.push(id);
    this.add(TIMER_FIRED, id);
  }

  /** A handle joins the ready queue. */
  enqueued(id: number): void {
    this.queue.push(id);
    this.add(ENQUEUED, id, this.task || this.running);
  }

  /** A handle runs. Those before it that have not run were cancelled. */
  runs(id: number): void {
    this.ended();
    for (const skipped of this.queue.splice(0, Math.max(this.queue.indexOf(id), 0))) {
      this.left -= 1;
      this.add(HANDLE_SKIPPED, skipped);
    }
    this.queue.shift();
    this.left -= 1;
    this.running = id;
    this.add(HANDLE_START, id);
  }

  failed(error: unknown): void {
    this.add(HANDLE_FAILED, this.running, this.newId({ kind: 'error', name: String(error) }));
  }

  /** The running handle has ended. A no-op if none runs. */
  ended(): void {
    if (this.running !== 0) this.add(HANDLE_END, this.running);
    this.running = 0;
  }

  /** The running handle, or task; 0: none. */
  get cause(): number {
    return this.running;
  }

  // --- Tasks ------------------------------------------------------------------------------------------------------------

  /** A task is known before its first handle. */
  created(name: Name): number {
    const id = this.newId({ ...name, parent: this.task || this.running });
    this.add(TASK_CREATED, id);
    return id;
  }

  /** Only the first step of a task shows that its handle is one: the task was created when that joined the queue. */
  createdWith(handle: number, name: Name): number {
    const at = this.events.findIndex(([code, , id]) => code === ENQUEUED && id === handle);
    const [, atMs, , by = 0] = this.events[at] ?? [0, this.now()];
    const id = this.newId({ ...name, parent: by });
    this.events.splice(Math.max(at, 0), 0, [TASK_CREATED, atMs, id]);
    return id;
  }

  /** A task makes a step: what it has waited for is over. */
  steps(task: number): void {
    const wait = this.waits.get(task) ?? 0;
    this.waits.delete(task);
    this.task = task;
    this.add(TASK_STEP, task, 0, ...(wait === 0 ? [] : [wait]));
  }

  /** A task waits. @param wait 0: it only lets others run */
  parks(task: number, wait: number): void {
    this.task = 0;
    this.waits.set(task, wait);
    this.add(TASK_WAITS, task, wait);
  }

  /** The task that waits for this, and has no handle that wakes it yet; 0: none. */
  waiterFor(future: string, taken: (task: number) => boolean): number {
    for (const [task, wait] of this.waits)
      if (wait !== 0 && this.name(wait).name === future && !taken(task)) return task;
    return 0;
  }

  cancels(task: number): void {
    this.add(TASK_CANCEL, task, this.task || this.running);
  }

  returned(task: number, result: unknown): void {
    this.done(task, RETURNED, this.newId({ kind: 'result', name: resultOf(result) }));
  }

  threw(task: number, error: unknown): void {
    const isCancelled = error instanceof Error && error.name === 'CancelledError';
    this.done(task, isCancelled ? CANCELLED : FAILED, this.newId({ kind: 'error', name: String(error) }));
  }

  killed(task: number): void {
    this.done(task, CANCELLED, 0);
  }

  private done(task: number, outcome: number, id: number): void {
    this.task = 0;
    this.waits.delete(task);
    this.add(TASK_DONE, task, outcome, id);
  }

  // --- The player -------------------------------------------------------------------------------------------------------

  private write(): void {
    if (this.events.length === 0) return; // the program has no loop, or one of the library, which writes its own player
    const startMs = performance.now();
    const atMs = this.now();
    const end: TraceEvent[] = [
      ...(this.running === 0 ? [] : [[HANDLE_END, atMs, this.running] as const]),
      ...(this.iteration === 0 ? [] : [[ITERATION_END, atMs] as const]),
      [DETACHED, atMs],
    ];
    const program = { title: basename(PROGRAM), pid: process.pid, node: process.version, selectloop: '', selector: '' };
    const nothing = { ready: [], left: 0, heap: [], descriptors: [], tasks: [], running: 0, task: 0, ran: [] };
    const state = { ...nothing, atMs: 0, iteration: 0, outside: false, skipped: [], fired: [], select: null };
    const trace: EventTrace = {
      ...{ format: 'selectloop-trace', version: 2, beganMs: this.beganMs, lost: null },
      program: { ...program, mode: 'blocking', debug: false, own: true },
      ...{ names: this.names, events: [...this.events, ...end], sources: this.sources },
      keyframes: [{ at: 0, state: { ...state, station: 'outside' } }],
    };
    writeFileSync(this.target, pageOf(trace));
    this.ownMs += performance.now() - startMs;
  }
}

/** "listening on 127.0.0.1:4000", or "connected to" the peer. */
function addressOf(file: unknown): string {
  const { getpeername, getsockname } = file as Partial<Record<'getpeername' | 'getsockname', () => unknown>>;
  const text = (address: unknown): string => {
    const { host, port } = address as { host: string; port: number };
    return `${host}:${port}`;
  };
  try {
    return `connected to ${text(getpeername!.call(file))}`;
  } catch {
    try {
      return `listening on ${text(getsockname!.call(file))}`;
    } catch {
      return 'a descriptor';
    }
  }
}

/** A result in a word. */
function resultOf(result: unknown): string {
  if (result === undefined) return 'nothing';
  if (typeof result === 'string') return JSON.stringify(result);
  if (Array.isArray(result)) return `[${result.map(resultOf).join(', ')}]`;
  if (result === null || typeof result === 'number' || typeof result === 'boolean') return String(result);
  return typeof result === 'object' ? 'an object' : `a ${typeof result}`;
}

/** Returns the player with a trace. */
function pageOf(trace: EventTrace): string {
  const manifest = createRequire(import.meta.url).resolve('selectloop/package.json');
  const page = readFileSync(join(dirname(manifest), 'dist/inspect/page.html'), 'utf8');
  const json = JSON.stringify(trace).replaceAll('<', '\\u003c');
  return page.replace('id="trace"></script>', () => `id="trace">${json}</script>`);
}
