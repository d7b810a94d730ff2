/** Makes a trace of format 1, the data of the text and of the Chrome trace, from the events of format 2. */

import type { Recorded } from './event-log.js';
import { Code, LIMITS, type Name, OUTCOMES, type TraceEvent } from './events.js';
import { type State, TraceCursor } from './replay.js';
import type { TraceData, TracedEvent, TracedHandle, TracedIteration, TracedTask, TracedTimer } from './trace-data.js';

/** The limits of the result. */
export interface Version1Limits {
  readonly maxIterations: number;
  readonly maxEventsPerIteration: number;
  /** How many iterations the events no longer contain. */
  readonly droppedIterations: number;
}

/** Converts what was recorded. @param beganMs the loop's time when the recording began */
export function version1Of(recorded: Recorded, beganMs: number, limits: Version1Limits): TraceData {
  const { maxIterations, droppedIterations } = limits;
  const iterations = new Version1(recorded, beganMs, limits.maxEventsPerIteration).convert();
  return {
    format: 'selectloop-trace',
    version: 1,
    beganMs,
    droppedIterations: droppedIterations + Math.max(iterations.length - maxIterations, 0),
    iterations: iterations.slice(-maxIterations),
  };
}

const UNKNOWN: Name = { kind: 'wait', name: 'a future' };

class Version1 {
  private readonly iterations: TracedIteration[] = [];
  private readonly cursor: TraceCursor;
  private readonly tasks = new Map<number, TracedTask>();
  private readonly timers = new Map<number, TracedTimer>();
  /** The deadlines of waits that are timers. */
  private readonly deadlines = new Map<number, number>();
  /** The additions to the names of readers and writers whose descriptors were reported in this iteration. */
  private readonly suffixes = new Map<number, string>();
  private handle: TracedHandle | null = null;
  /** The number of things taken from the current iteration. */
  private kept = 0;
  /** The number of timers that are scheduled and not cancelled, and the state for which it was counted. */
  private live = 0;
  private counted: State | null = null;

  constructor(
    private readonly recorded: Recorded,
    private readonly beganMs: number,
    private readonly maxEvents: number,
  ) {
    this.cursor = new TraceCursor(recorded);
  }

  convert(): TracedIteration[] {
    this.count();
    for (let event = this.peek(); event !== undefined; event = this.peek()) {
      this.event(event);
      this.cursor.next();
      this.count();
    }
    return this.iterations;
  }

  private peek(): TraceEvent | undefined {
    return this.recorded.events[this.cursor.index];
  }

  /** Counts the timers when the state is another one: at the beginning and after a gap. */
  private count(): void {
    const { state } = this.cursor;
    if (state === this.counted) return;
    this.counted = state;
    this.live = 0;
    for (const timer of state.heap) {
      this.deadlines.set(timer.id, timer.when);
      if (!timer.cancelled) this.live += 1;
    }
  }

  private event(event: TraceEvent): void {
    const [code, atMs, a = 0, b = 0, c = 0, d = 0, e = 0] = event;
    switch (code) {
      case Code.attached:
      case Code.iterationStart:
        this.begin(a, atMs);
        break;
      case Code.detached:
      case Code.iterationEnd:
        this.end(atMs);
        break;
      case Code.gap:
        if (this.iterations.length > 0) this.current().leftOut += a;
        break;
      case Code.selectStart:
        this.current().select = {
          ...{ startMs: atMs, endMs: atMs, timeoutMs: a < 0 ? null : a, limit: LIMITS[b] ?? 'none', ready: [] },
        };
        break;
      case Code.descriptorReady:
        this.descriptorReady(a, b, [c, d], e);
        break;
      case Code.selectEnd: {
        const { select } = this.current();
        if (select !== null) select.endMs = atMs;
        break;
      }
      case Code.collected:
        this.collected();
        break;
      case Code.timerFired:
        this.live -= 1;
        if (this.hasRoom()) this.current().timersFired.push(this.timer(a));
        break;
      case Code.handleStart:
        this.handleStart(a, atMs);
        break;
      case Code.handleFailed:
        if (this.handle !== null) this.handle.error = this.name(b).name;
        break;
      case Code.handleEnd:
        if (this.handle !== null) this.handle.endMs = atMs;
        this.handle = null;
        break;
      default:
        this.change(event);
    }
  }

  /** Takes the events of tasks and timers, which belong to the running handle. */
  private change(event: TraceEvent): void {
    const [code, atMs, a = 0, b = 0, c = 0] = event;
    switch (code) {
      case Code.timerScheduled:
        this.live += 1;
        this.deadlines.set(a, b);
        this.note({ type: 'timer-scheduled', atMs, timer: this.timer(a) });
        break;
      case Code.timerCancelled:
        this.live -= 1;
        this.note({ type: 'timer-cancelled', atMs, timer: this.timer(a) });
        break;
      case Code.taskCreated:
        this.note({ type: 'task-created', atMs, task: this.task(a) });
        break;
      case Code.taskRenamed:
        this.tasks.set(a, { ...this.task(a), name: this.name(b).name });
        break;
      case Code.taskStep:
        this.stepped(event);
        break;
      case Code.taskWaits:
        this.note({
          ...{ type: 'task-waits', atMs, task: this.task(a), for: b === 0 ? null : this.text(b), dueMs: this.dueMs(b) },
        });
        break;
      case Code.taskCancelRequested:
        this.note({ type: 'task-cancel', atMs, task: this.task(a) });
        break;
      case Code.taskDone: {
        const outcome = OUTCOMES[b] ?? 'returned';
        this.note({
          ...{ type: 'task-done', atMs, task: this.task(a), outcome, error: c === 0 ? null : this.name(c).name },
        });
        break;
      }
      default: // format 1 does not have it
    }
  }

  private begin(number: number, startMs: number): void {
    this.handle = null;
    this.kept = 0;
    const last = this.iterations.at(-1);
    if (last?.select === null && last.handles.length === 0) this.iterations.pop(); // begun by `attached`, still empty
    this.iterations.push({
      ...{ number, startMs, endMs: startMs, select: null, skippedWith: null },
      ...{ timersFired: [], handles: [], leftOut: 0, timersLeft: this.live },
    });
  }

  /** Everything that will run is on the ready queue. Without a select, it is what was ready before, and the timers. */
  private collected(): void {
    const { ready, fired, station } = this.cursor.state;
    const current = this.current();
    const isWhole = station !== 'outside'; // the recording did not begin after the select
    if (current.select === null && isWhole) current.skippedWith = ready.length - fired.length;
  }

  private end(atMs: number): void {
    this.suffixes.clear();
    this.handle = null;
    this.current().endMs = atMs;
    this.current().timersLeft = this.live;
  }

  private current(): TracedIteration {
    const { state } = this.cursor;
    if (this.iterations.length === 0) this.begin(state.iteration, state.atMs); // the event that began it was dropped
    return this.iterations.at(-1) as TracedIteration;
  }

  /** Returns true if this iteration has room for one more thing; otherwise counts it as left out. */
  private hasRoom(): boolean {
    this.kept += 1;
    if (this.kept <= this.maxEvents) return true;
    this.current().leftOut += 1;
    return false;
  }

  private descriptorReady(fd: number, events: number, [reader, writer]: [number, number], id: number): void {
    const [readable, writable] = [(events & 1) !== 0, (events & 2) !== 0];
    const { select } = this.current();
    if (reader !== 0) this.suffixes.set(reader, `, reader of fd ${fd}`);
    if (writer !== 0) this.suffixes.set(writer, `, writer of fd ${fd}`);
    if (select === null || !this.hasRoom()) return;
    select.ready.push({ fd, readable, writable, what: this.name(id).name || null });
  }

  private handleStart(id: number, startMs: number): void {
    const { kind } = this.name(id);
    const suffix = kind === 'callback' ? (this.suffixes.get(id) ?? '') : '';
    const traced: TracedHandle = {
      ...{ kind: kindOf(kind), name: this.text(id) + suffix, startMs, endMs: startMs, error: null, events: [] },
    };
    this.handle = traced; // also if it is over the limit, so that its events are not attributed to another handle
    if (this.hasRoom()) this.current().handles.push(traced);
  }

  private stepped([, atMs, id = 0, cancelled, ...waits]: TraceEvent): void {
    const begins = this.cursor.state.tasks.get(id)?.begun === false;
    const after = waits.length === 0 ? null : waits.map((wait) => this.text(wait)).join(', ');
    this.note({ type: 'task-runs', atMs, task: this.task(id), begins, after, cancelled: cancelled === 1 });
  }

  private note(event: TracedEvent): void {
    if (!this.hasRoom()) return;
    const handle = this.handle ?? this.outside(event.atMs);
    handle.events.push(event);
    if (this.handle !== null) return;
    handle.endMs = event.atMs;
    this.current().timersLeft = this.live; // an async function may set timers after the end of the iteration
  }

  /** Returns the entry for events that happen while no handle runs. */
  private outside(atMs: number): TracedHandle {
    const { handles } = this.current();
    const last = handles.at(-1);
    if (last?.kind === 'outside') return last;
    const outside: TracedHandle = {
      ...{ kind: 'outside', name: 'outside', startMs: atMs, endMs: atMs },
      ...{ error: null, events: [] },
    };
    handles.push(outside);
    return outside;
  }

  // --- Names --------------------------------------------------------------------------------------------------------

  private name(id: number): Name {
    return this.recorded.names.get(id) ?? UNKNOWN;
  }

  /** Returns the name of a handle or of what a task waits for; of a handle that resumes a task, that of the task. */
  private text(id: number): string {
    const { kind, name, task } = this.name(id);
    if (kind === 'task') return `task '${this.task(id).name}'`;
    return kind === 'continuation' && task !== undefined ? `task '${this.task(task).name}'` : name;
  }

  private task(id: number): TracedTask {
    let traced = this.tasks.get(id);
    if (traced === undefined) {
      const { name, function: coroutine = 'a task of another copy of selectloop' } = this.name(id);
      traced = { id: this.tasks.size + 1, name, coroutine };
      this.tasks.set(id, traced);
    }
    return traced;
  }

  private timer(id: number): TracedTimer {
    let traced = this.timers.get(id);
    if (traced === undefined) {
      traced = { id: this.timers.size + 1, name: this.text(id), dueMs: this.dueMs(id) ?? 0 };
      this.timers.set(id, traced);
    }
    return traced;
  }

  private dueMs(id: number): number | null {
    const when = this.deadlines.get(id);
    return when === undefined ? null : when - this.beganMs;
  }
}

function kindOf(kind: Name['kind']): TracedHandle['kind'] {
  if (kind === 'task' || kind === 'continuation') return 'task';
  return kind === 'wait' || kind === 'timer' ? kind : 'callback';
}
