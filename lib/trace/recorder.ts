/**
 * The recorder: an instrument that records events as numbers, in memory of bounded size.
 *
 * What it records is trace format 2 (events.ts). The other formats are made from it when they are asked for. Each object is described once,
 * when it is first seen: at each event this would cost more than the event itself.
 */

import { checkNames, InvalidStateError, wrongType } from '../errors/index.js';
import type {
  AwaitedFuture,
  Instrument,
  ObservedLoop,
  ReadyDescriptor,
  RegisteredDescriptor,
  TaskOutcome,
} from '../loop/instrument.js';
import { Handle } from '../loop/handle.js';
import type { Runnable, Timer } from '../loop/runnable.js';
import { EVENT_READ, EVENT_WRITE } from '../selectors/index.js';
import { Future, isFuture } from '../tasks/index.js';
import { runningTask } from '../tasks/task-context.js';
import { type ChromeTrace, chromeTraceOf } from './chrome-trace.js';
import { EventLog } from './event-log.js';
import type { EncodedTrace } from './numbers.js';
import { Code, type EventTrace, LIMITS, OUTCOMES } from './events.js';
import { htmlOf } from './html.js';
import { Identities } from './identities.js';
import { takeKeyframe } from './keyframe.js';
import { describeResult, errorLine } from './names.js';
import { noteNoPlace, notePlace, takePlaces } from './places.js';
import { programOf } from './program.js';
import {
  type EventTraceOptions,
  type HTMLOptions,
  type RecorderOptions,
  checkedLimit,
  checkedSwitch,
  HTML_OPTIONS,
  TRACE_OPTIONS,
  checkRecorderOptions,
} from './recorder-options.js';
import { renumbered } from './renumber.js';
import { sourcesOf } from './sources.js';
import { type Life, TaskLives, stepped } from './task-lives.js';
import { type TextOptions, textOf } from './text.js';
import type { SelectLimit, TraceData } from './trace-data.js';
import { version1Of } from './version-1.js';

/**
 * Records what a loop does. `loop.addInstrument(recorder)` starts the recording, even in the middle of a run; disposing its result ends
 * it. The trace can be read at any time.
 *
 * A recorder belongs to one loop and cannot be added to it twice at the same time (InvalidStateError). A loop can have several
 * recorders.
 */
export class Recorder implements Instrument {
  private readonly maxIterations: number;
  private readonly maxEventsPerIteration: number;
  private readonly log: EventLog;
  private readonly places: boolean;
  /** Ends the taking of places. */
  private placing: Disposable | null = null;
  private readonly objects: Identities;
  private readonly lives: TaskLives;
  /** The loop it was first added to. */
  private loop: ObservedLoop | null = null;
  private recording = false;
  private hosted = false;
  private beganMs = 0;
  /** The running handle, and the task that it has resumed last; 0: none. */
  private handle = 0;
  private life: Life | null = null;
  /** The first task that none has created; 0: not yet. Its result is recorded. */
  private main = 0;
  private handleStartMs = 0;
  /** @internal How long the last handle ran. */
  _handleMs = 0;
  /** The last time read from the clock. */
  private lastMs = 0;
  /** The waits that were over at the last step of a task; one array for all. */
  private readonly over: number[] = [];
  /** The last timer that was scheduled. */
  private scheduled = 0;
  /** True if no code of the program has run since then. */
  private isRecent = false;

  /** @throws TypeError or RangeError unless the limits are integers of at least 1, and `places` is a boolean */
  constructor(options: RecorderOptions = {}) {
    checkRecorderOptions(options);
    this.maxIterations = checkedLimit('maxIterations', options.maxIterations ?? 10_000);
    this.maxEventsPerIteration = checkedLimit('maxEventsPerIteration', options.maxEventsPerIteration ?? 1000);
    const maxEvents = options.maxEvents ?? Math.max(500_000, 8 * this.maxEventsPerIteration);
    this.log = new EventLog(this.maxIterations, checkedLimit('maxEvents', maxEvents));
    this.places = checkedSwitch('Recorder: places', options.places, false);
    this.objects = new Identities(this.log);
    this.lives = new TaskLives(this.objects);
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /**
   * Returns the trace in format 2: every change of the ready queue, the timer heap, the registrations and the tasks, as events, from which
   * the state at each moment can be rebuilt.
   */
  toTrace(options: EventTraceOptions = {}): EventTrace {
    const { sources: wanted } = checkNames('toTrace: options', options, TRACE_OPTIONS);
    const withSources = checkedSwitch('toTrace: sources', wanted, false);
    const recorded = renumbered(this.log.read());
    const sources = withSources ? { sources: sourcesOf(Object.values(recorded.names)) } : {};
    return { ...this.head(this.hosted), ...recorded, ...sources };
  }

  /** @internal Returns the last part, with at least `events` events, as copies of numbers: another thread makes events of them. Ids are not dense. */
  _recent(events: number): EncodedTrace {
    const { names, numbers, ...rest } = this.log.readNumbers(events);
    const head = this.head(this.loop?._isHosted() ?? false);
    return {
      trace: { ...head, names: Object.fromEntries(names), ...rest },
      numbers: numbers.map((each) => each.slice()),
    };
  }

  private head(hosted: boolean): Pick<EventTrace, 'format' | 'version' | 'program' | 'beganMs'> {
    return { format: 'selectloop-trace', version: 2, program: programOf(this.loop, hosted), beganMs: this.beganMs };
  }

  /** Returns the trace as data of format 1, as `JSON.stringify(recorder)` writes it. */
  toJSON(): TraceData {
    return version1Of(this.log.read(), this.beganMs, {
      maxIterations: this.maxIterations,
      maxEventsPerIteration: this.maxEventsPerIteration,
      droppedIterations: this.log.droppedIterations,
    });
  }

  /** Returns the trace as text: a line for each iteration, followed by one for each handle that ran. */
  toText(options?: TextOptions): string {
    return textOf(this.toJSON(), options);
  }

  /** Returns the trace in the Trace Event Format, whose JSON can be opened in Perfetto or chrome://tracing. */
  toChromeTrace(): ChromeTrace {
    return chromeTraceOf(this.toJSON());
  }

  /**
   * Returns the player: a page that shows the trace step by step. It is one file, which makes no request.
   *
   * @throws Error if the page is not there, because a bundler has put the program together without it
   */
  toHTML(options: HTMLOptions = {}): string {
    const { title, sources } = checkNames('toHTML: options', options, HTML_OPTIONS);
    if (title !== undefined && typeof title !== 'string') throw wrongType('toHTML: title', 'a string', title);
    const trace = this.toTrace({ sources: checkedSwitch('toHTML: sources', sources, this.places) });
    return htmlOf(title === undefined ? trace : { ...trace, program: { ...trace.program, title } });
  }

  /** @internal The number of events so far, including those that were dropped. */
  get _eventCount(): number {
    return this.log.count;
  }

  /** The number of iterations that were recorded and then dropped. */
  get droppedIterations(): number {
    return this.toJSON().droppedIterations;
  }

  // --- Recording: called by the loop --------------------------------------------------------------------------------

  attached(loop: ObservedLoop): void {
    if (this.recording)
      throw new InvalidStateError('the recorder is already recording a loop: use one recorder for each');
    if (this.loop !== null && this.loop !== loop) {
      throw new InvalidStateError('the recorder has recorded another loop: use one recorder for each');
    }
    const { iterations } = loop.statistics();
    if (this.loop === null) this.beganMs = loop.time();
    this.loop = loop;
    this.recording = true;
    this.placing = this.places ? takePlaces() : null;
    this.handle = 0;
    this.life = null;
    const atMs = this.now();
    this.beginSegment(iterations);
    this.log.add1(Code.attached, atMs, iterations);
  }

  detached(): void {
    this.log.add0(Code.detached, this.now());
    this.lives.clear();
    this.placing?.[Symbol.dispose]();
    this.recording = false;
  }

  iterationStart(iteration: number): void {
    this.handle = 0;
    this.life = null;
    const atMs = this.recent();
    if (this.log.isFull) this.beginSegment(iteration - 1);
    this.log.addIteration(Code.iterationStart, atMs, iteration);
  }

  beforeSelect(timeoutMs: number | null): void {
    const limit = LIMITS.indexOf(this.limitOf(timeoutMs));
    this.log.add2(Code.selectStart, this.now(), timeoutMs ?? -1, limit);
  }

  descriptorReady(descriptor: ReadyDescriptor, events: number): void {
    const { objects } = this;
    const { fd, reader, writer } = descriptor;
    const reads = reader !== null && (events & EVENT_READ) !== 0 && !reader.cancelled() ? objects.of(reader) : 0;
    const writes = writer !== null && (events & EVENT_WRITE) !== 0 && !writer.cancelled() ? objects.of(writer) : 0;
    const id = objects.ofDescriptor(descriptor, true);
    this.log.add5(Code.descriptorReady, this.recent(), fd, events, reads, writes, id);
  }

  afterSelect(events: number): void {
    this.isRecent = false; // the batch may have received
    this.log.add1(Code.selectEnd, this.recent(), events);
  }

  timerFired(timer: Runnable): void {
    this.log.add1(Code.timerFired, this.recent(), this.objects.of(timer));
  }

  handlesReady(): void {
    this.log.add0(Code.collected, this.recent());
  }

  handleStart(handle: Runnable): void {
    this.handle = this.objects.of(handle);
    this.handleStartMs = this.recent();
    this.log.add1(Code.handleStart, this.handleStartMs, this.handle);
    this.isRecent = handle instanceof Future; // a task, or a wait that resumes one: its step comes first
  }

  handleSkipped(handle: Runnable): void {
    this.log.add1(Code.handleSkipped, this.recent(), this.objects.of(handle));
  }

  handleFailed(handle: Runnable, error: unknown): void {
    const text = this.objects.ofText('error', errorLine(error));
    this.log.add2(Code.handleFailed, this.now(), this.objects.of(handle), text);
  }

  handleEnd(_: Runnable): void {
    if (this.life === null) this.isRecent = false;
    const atMs = this.recent();
    this._handleMs = atMs - this.handleStartMs;
    if (this.life !== null) this.life.busyMs += this._handleMs;
    this.log.add1(Code.handleEnd, atMs, this.handle);
    this.handle = 0;
    this.life = null;
  }

  iterationEnd(): void {
    this.handle = 0;
    this.log.add0(Code.iterationEnd, this.recent());
  }

  outsideStart(): void {
    this.log.add0(Code.outsideStart, this.recent());
    this.isRecent = false; // promises and Node run next
  }

  outsideEnd(): void {
    this.hosted = true;
    this.log.add0(Code.outsideEnd, this.recent());
  }

  enqueued(runnable: Runnable): void {
    if (this.places && runnable instanceof Handle) {
      // A callback of a future was created earlier, and what enqueues it is the code that settles the future.
      if (isFuture(runnable._arguments?.[0])) noteNoPlace(runnable);
      else notePlace(runnable);
    }
    this.log.add2(Code.enqueued, this.lastMs, this.objects.of(runnable), this.cause());
  }

  timerScheduled(timer: Runnable): void {
    const { _when: when, _sequence: sequence } = timer as Timer;
    if (this.places) notePlace(timer);
    this.scheduled = this.objects.of(timer);
    this.log.add3(Code.timerScheduled, this.now(), this.scheduled, when, sequence);
  }

  timerCancelled(timer: Runnable): void {
    this.log.add1(Code.timerCancelled, this.now(), this.objects.of(timer));
  }

  timerDropped(timer: Runnable): void {
    this.log.add1(Code.timerDropped, this.lastMs, this.objects.of(timer));
  }

  timersCompacted(kept: number): void {
    this.log.add1(Code.timersCompacted, this.lastMs, kept);
  }

  descriptorChanged(descriptor: RegisteredDescriptor): void {
    const { objects } = this;
    const { fd, registered, reader, writer } = descriptor;
    if (this.places) for (const waiter of [reader, writer]) if (waiter !== null) notePlace(waiter);
    const reads = reader === null ? 0 : objects.of(reader);
    const writes = writer === null ? 0 : objects.of(writer);
    const id = objects.ofDescriptor(descriptor, false);
    this.log.add5(Code.descriptorChanged, this.lastMs, fd, registered, reads, writes, id);
  }

  taskCreated(task: Runnable): void {
    if (this.places) notePlace(task);
    const parent = this.cause();
    const id = this.lives.created(task, parent);
    if (this.main === 0 && parent === 0) this.main = id;
    this.log.add1(Code.taskCreated, this.now(), id);
  }

  taskRenamed(task: Runnable): void {
    const { id } = this.lives.of(task);
    const name = this.objects.ofText('rename', (task as Runnable & { getName(): string }).getName());
    this.log.add2(Code.taskRenamed, this.now(), id, name);
  }

  taskStep(task: Runnable): void {
    const atMs = this.recent();
    const life = this.lives.of(task);
    const cancelled = stepped(life, this.over);
    if (this.handle !== 0) this.life = life;
    this.log.addStep(atMs, life.id, cancelled, this.over);
    this.isRecent = false; // the program runs next
  }

  taskWaits(task: Runnable, future: AwaitedFuture | null): void {
    const life = this.lives.of(task);
    const wait = this.lives.waits(life, future);
    const atMs = wait === this.scheduled ? this.lastMs : this.now(); // nothing runs between the start of a sleep and the wait for it
    this.log.add2(Code.taskWaits, atMs, life.id, wait);
    // The step of a task ends with this, and with it the handle.
    this.isRecent = life === this.life;
  }

  taskCancelRequested(task: Runnable): void {
    const life = this.lives.of(task);
    life.cancelling = true;
    this.log.add2(Code.taskCancelRequested, this.now(), life.id, this.cause());
  }

  taskDone(task: Runnable, outcome: TaskOutcome, error?: unknown): void {
    const life = this.lives.of(task);
    const text =
      outcome === 'failed'
        ? this.objects.ofText('error', errorLine(error))
        : outcome === 'returned' && life.id === this.main
          ? this.objects.ofText('result', describeResult((task as Runnable & { result(): unknown }).result()))
          : 0;
    this.log.add3(Code.taskDone, this.now(), life.id, OUTCOMES.indexOf(outcome), text);
    this.lives.done(life.id);
    this.isRecent = life === this.life;
  }

  // --- Times and causes ---------------------------------------------------------------------------------------------

  private now(): number {
    this.lastMs = (this.loop?.time() ?? 0) - this.beganMs;
    this.isRecent = false;
    return this.lastMs;
  }

  /** Returns the time of an event of the loop itself. Reading the clock costs as much as all the rest, so it is read only if necessary. */
  private recent(): number {
    if (!this.isRecent) this.now();
    this.isRecent = true;
    return this.lastMs;
  }

  /** Returns what causes an event now: the running task, or else the handle. */
  private cause(): number {
    if (this.life !== null) return this.life.id;
    if (this.handle !== 0) return this.handle;
    const task = runningTask() as Runnable | null; // an async function, between two iterations
    return task === null ? 0 : this.objects.of(task);
  }

  private beginSegment(iteration: number): void {
    const { loop, lastMs, objects, lives } = this;
    if (loop !== null) this.log.begin(lastMs, () => takeKeyframe(loop, iteration, lastMs, objects, lives));
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
}
