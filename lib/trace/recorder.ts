/**
 * The recorder: an instrument that records events as plain data of bounded size.
 *
 * It holds no references to tasks, handles or sockets, so recording does not change when these are garbage-collected. State about a
 * live object (its number, what it waits for) is kept in a WeakMap.
 */

import { checkOptions, InvalidStateError, outOfRange, wrongType } from '../errors/index.js';
import type { AwaitedFuture, Instrument, ObservedLoop, ReadyDescriptor, TaskOutcome } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { EVENT_READ, EVENT_WRITE } from '../selectors/index.js';
import { type ChromeTrace, chromeTraceOf } from './chrome-trace.js';
import { describeError, describeHandle, describeSocket } from './names.js';
import { type TextOptions, textOf } from './text.js';
import type { SelectLimit, TraceData, TracedEvent, TracedHandle, TracedIteration } from './trace-data.js';
import { TracedObjects } from './traced-objects.js';

/** The limits of a recorder. */
export interface RecorderOptions {
  /** The number of iterations to keep; older ones are dropped and counted. Default: 10000. */
  maxIterations?: number;
  /** The number of handles, events and descriptors to keep per iteration; the rest is only counted. Default: 1000. */
  maxEventsPerIteration?: number;
}

/**
 * Records what a loop does. `loop.addInstrument(recorder)` starts the recording, even in the middle of a run; disposing its result ends
 * it. The trace can be read at any time.
 *
 * A recorder belongs to one loop and cannot be added to it twice at the same time (InvalidStateError). A loop can have several
 * recorders.
 */
export class Recorder implements Instrument {
  private readonly maxIterations: number;
  private readonly maxEvents: number;
  private readonly objects = new TracedObjects();
  private readonly sockets = new WeakMap<object, string | null>();
  /** The names of readers and writers whose descriptors were reported in this iteration; their handles run before it ends. */
  private waiters = new Map<Runnable, string>();
  private iterations: TracedIteration[] = [];
  private dropped = 0;
  /** The loop it was first added to. */
  private loop: ObservedLoop | null = null;
  private recording = false;
  private beganMs = 0;
  private handle: TracedHandle | null = null;
  /** The number of things recorded of the current iteration. */
  private kept = 0;

  /** @throws TypeError or RangeError unless the limits are integers of at least 1 */
  constructor(options: RecorderOptions = {}) {
    checkOptions('Recorder: options', options);
    this.maxIterations = checkedLimit('maxIterations', options.maxIterations ?? 10_000);
    this.maxEvents = checkedLimit('maxEventsPerIteration', options.maxEventsPerIteration ?? 1000);
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /** Returns the trace as data, as `JSON.stringify(recorder)` writes it. The recorder owns the data, and changes it while recording. */
  toJSON(): TraceData {
    return {
      format: 'selectloop-trace',
      version: 1,
      beganMs: this.beganMs,
      droppedIterations: this.droppedIterations,
      iterations: this.iterations.slice(-this.maxIterations),
    };
  }

  /** Returns the trace as text: a line for each iteration, followed by one for each handle that ran. */
  toText(options?: TextOptions): string {
    return textOf(this.toJSON(), options);
  }

  /** Returns the trace in the Trace Event Format, whose JSON can be opened in Perfetto or chrome://tracing. */
  toChromeTrace(): ChromeTrace {
    return chromeTraceOf(this.toJSON());
  }

  /** The number of iterations that were recorded and then dropped. */
  get droppedIterations(): number {
    return this.dropped + Math.max(this.iterations.length - this.maxIterations, 0);
  }

  // --- Recording: called by the loop --------------------------------------------------------------------------------

  attached(loop: ObservedLoop): void {
    if (this.recording)
      throw new InvalidStateError('the recorder is already recording a loop: use one recorder for each');
    if (this.loop !== null && this.loop !== loop) {
      throw new InvalidStateError('the recorder has recorded another loop: use one recorder for each');
    }
    if (this.loop === null) this.beganMs = loop.time();
    this.loop = loop;
    this.recording = true;
    this.handle = null;
    this.begin(loop.statistics().iterations);
  }

  detached(): void {
    this.iterationEnd();
    this.recording = false;
  }

  iterationStart(iteration: number): void {
    this.handle = null;
    this.begin(iteration);
  }

  beforeSelect(timeoutMs: number | null): void {
    const startMs = this.now();
    this.current().select = { startMs, endMs: startMs, timeoutMs, limit: this.limitOf(timeoutMs), ready: [] };
  }

  descriptorReady({ fd, reader, writer, owner, purpose }: ReadyDescriptor, events: number): void {
    const [readable, writable] = [(events & EVENT_READ) !== 0, (events & EVENT_WRITE) !== 0];
    const { select } = this.current();
    if (readable && reader !== null) this.waiters.set(reader, `, reader of fd ${fd}`);
    if (writable && writer !== null) this.waiters.set(writer, `, writer of fd ${fd}`);
    if (select !== null && this.hasRoom()) {
      select.ready.push({ fd, readable, writable, what: purpose ?? this.describeOwner(owner) });
    }
  }

  afterSelect(): void {
    const { select } = this.current();
    if (select !== null) select.endMs = this.now();
  }

  timerFired(timer: Runnable, whenMs: number): void {
    if (this.hasRoom()) this.current().timersFired.push(this.objects.timer(timer, whenMs - this.beganMs));
  }

  handleStart(handle: Runnable): void {
    const { kind, name } = describeHandle(handle);
    const suffix = kind === 'callback' ? (this.waiters.get(handle) ?? '') : '';
    const startMs = this.now();
    const traced: TracedHandle = { kind, name: name + suffix, startMs, endMs: startMs, error: null, events: [] };
    this.handle = traced; // also if it is over the limit, so that its events are not attributed to another handle
    if (this.hasRoom()) this.current().handles.push(traced);
  }

  handleFailed(_: Runnable, error: unknown): void {
    if (this.handle !== null) this.handle.error = describeError(error);
  }

  handleEnd(): void {
    if (this.handle !== null) this.handle.endMs = this.now();
    this.handle = null;
  }

  iterationEnd(): void {
    this.waiters.clear();
    this.handle = null;
    this.current().endMs = this.now();
    this.countTimers();
  }

  timerScheduled(timer: Runnable, whenMs: number): void {
    const traced = this.objects.timer(timer, whenMs - this.beganMs);
    this.note({ type: 'timer-scheduled', atMs: this.now(), timer: traced });
  }

  timerCancelled(timer: Runnable): void {
    const { _when: whenMs } = timer as Runnable & { _when: number };
    const traced = this.objects.timer(timer, whenMs - this.beganMs);
    this.note({ type: 'timer-cancelled', atMs: this.now(), timer: traced });
  }

  taskCreated(task: Runnable): void {
    this.note({ type: 'task-created', atMs: this.now(), task: this.objects.created(task) });
  }

  taskStep(task: Runnable): void {
    const traced = this.objects.task(task);
    this.note({ type: 'task-runs', atMs: this.now(), task: traced, ...this.objects.steps(task) });
  }

  taskWaits(task: Runnable, future: AwaitedFuture | null): void {
    const traced = this.objects.task(task);
    const waitsFor = this.objects.waits(task, future);
    const { _when: whenMs } = (future ?? {}) as { _when?: number };
    const dueMs = whenMs === undefined ? null : whenMs - this.beganMs;
    this.note({ type: 'task-waits', atMs: this.now(), task: traced, for: waitsFor, dueMs });
  }

  taskCancelRequested(task: Runnable): void {
    this.note({ type: 'task-cancel', atMs: this.now(), task: this.objects.task(task) });
  }

  taskDone(task: Runnable, outcome: TaskOutcome, error?: unknown): void {
    const text = outcome === 'failed' ? describeError(error) : null;
    this.note({ type: 'task-done', atMs: this.now(), task: this.objects.task(task), outcome, error: text });
  }

  // --- Keeping ------------------------------------------------------------------------------------------------------

  private now(): number {
    return (this.loop?.time() ?? 0) - this.beganMs;
  }

  private begin(number: number): void {
    const startMs = this.now();
    this.kept = 0;
    const last = this.iterations.at(-1);
    if (last?.select === null && last.handles.length === 0) this.iterations.pop(); // begun by `attached`, still empty
    this.iterations.push({
      ...{ number, startMs, endMs: startMs, select: null },
      ...{ timersFired: [], handles: [], leftOut: 0, timersLeft: this.loop?.statistics().scheduled ?? 0 },
    });
    // Dropped in batches, because dropping one would move the whole list.
    if (this.iterations.length < 2 * this.maxIterations) return;
    this.dropped += this.iterations.length - this.maxIterations;
    this.iterations = this.iterations.slice(-this.maxIterations);
  }

  /** Returns the iteration being recorded; `attached` has begun the first. */
  private current(): TracedIteration {
    return this.iterations.at(-1) as TracedIteration;
  }

  /** Returns true if this iteration has room for one more thing; otherwise counts it as left out. */
  private hasRoom(): boolean {
    this.kept += 1;
    if (this.kept <= this.maxEvents) return true;
    this.current().leftOut += 1;
    return false;
  }

  private countTimers(): void {
    this.current().timersLeft = this.loop?.statistics().scheduled ?? 0;
  }

  private note(event: TracedEvent): void {
    if (!this.recording || !this.hasRoom()) return;
    const handle = this.handle ?? this.outside(event.atMs);
    handle.events.push(event);
    if (this.handle !== null) return;
    handle.endMs = event.atMs;
    this.countTimers(); // an async function may set timers after the end of the iteration
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

  private limitOf(timeoutMs: number | null): SelectLimit {
    const { loop } = this;
    if (timeoutMs === null || loop === null) return 'none';
    const { ready, nextDeadlineMs } = loop.statistics();
    if (timeoutMs === 0 && ready > 0) return 'ready';
    if (timeoutMs === 0 && loop._isStopping()) return 'stopping';
    // Time has passed since the loop computed its timeout, so the time left until the deadline is now slightly shorter.
    if (nextDeadlineMs !== null && timeoutMs >= nextDeadlineMs - loop.time()) return 'timer';
    return loop._isHosted() ? 'node' : 'caller';
  }

  /** Describes a socket once and caches the result: it takes system calls, and at the next event the peer may be gone. */
  private describeOwner(owner: object | null): string | null {
    if (owner === null) return null;
    let text = this.sockets.get(owner);
    if (text === undefined) {
      text = describeSocket(owner);
      this.sockets.set(owner, text);
    }
    return text;
  }
}

function checkedLimit(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, 'an integer >= 1', value);
  if (!Number.isSafeInteger(value) || value < 1) throw outOfRange(name, 'an integer >= 1', value);
  return value;
}
