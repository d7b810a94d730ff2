/**
 * The memory of a recorder: events as numbers, in segments of which the oldest are dropped.
 *
 * A segment begins with a keyframe, so it can be replayed without those before it, and it has the names of everything that its events
 * mention. Numbers in a Float64Array cost the garbage collector nothing, however many there are.
 */

import { belongsToKernel } from '../platform/kernel-state.js';
import {
  Code,
  EMPTY_STATE,
  type EventTrace,
  type Keyframe,
  type Name,
  type StateData,
  type TraceEvent,
} from './events.js';
import { decode, lengthAt } from './numbers.js';

/** A segment is complete after this many events, or after twice as many as its keyframe has entries. */
const SEGMENT_EVENTS = 10_000;
const FIRST_CAPACITY = 1024;
/** The most numbers of an event without a variable part. */
const LONGEST = 7;

interface Segment {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly events: number;
  readonly names: ReadonlyMap<number, Name>;
  readonly keyframe: StateData;
  /** How many entries it has in a trace of format 1: an iteration, or events after the recording began and before the first. */
  readonly iterations: number;
}

/** The events that format 1 has. */
const OF_VERSION_1 = new Set<number>([
  ...[Code.handleStart, Code.timerScheduled, Code.timerCancelled, Code.taskCreated, Code.taskStep, Code.taskWaits],
  ...[Code.taskCancelRequested, Code.taskDone],
]);

/** The state of a loop, and the number of its entries. */
export interface Taken {
  readonly state: StateData;
  readonly size: number;
}

/** What is kept of a recording. */
export interface Recorded extends Pick<EventTrace, 'lost' | 'keyframes' | 'events'> {
  readonly names: ReadonlyMap<number, Name>;
}

/** The same, with the events as numbers: a view of the recorder's memory for each keyframe, valid until the loop continues. */
export interface RecordedNumbers extends Omit<Recorded, 'events'> {
  readonly numbers: ReadonlyArray<Float64Array<ArrayBuffer>>;
}

let lastSegment = 0;

belongsToKernel(() => {
  const outer = lastSegment;
  lastSegment = 0;
  return () => (lastSegment = outer);
});

/** The events of a recorder. */
export class EventLog {
  /** The names that the events of the current segment mention. */
  names = new Map<number, Name>();
  /** The number of the current segment among those of all recorders of the thread. */
  segmentNumber = 0;
  /** How many iterations were dropped. */
  droppedIterations = 0;
  private lostEvents = 0;
  private readonly complete: Segment[] = [];
  private keyframe: StateData | null = null;
  private segmentEvents = SEGMENT_EVENTS;
  private buffer = new Float64Array(FIRST_CAPACITY);
  private spare: Float64Array<ArrayBuffer> | null = null;
  private used = 0;
  private events = 0;
  private iterations = 0;
  /** How many events of the current iteration did not fit. */
  private missing = 0;

  /** Keeps the last `maxIterations` iterations, if these have no more than `maxEvents` events, and whole segments. */
  constructor(
    private readonly maxIterations: number,
    private readonly maxEvents: number,
  ) {}

  /** The number of events so far, including those that were dropped. */
  get count(): number {
    return this.complete.reduce((sum, segment) => sum + segment.events, this.lostEvents + this.events + this.missing);
  }

  /** True when the next iteration should begin a segment. */
  get isFull(): boolean {
    return this.events >= this.segmentEvents || this.missing > 0;
  }

  /** Begins a segment. @param take returns the state at this moment; the names of what is in it are added to the segment */
  begin(atMs: number, take: () => Taken): void {
    const { missing } = this;
    if (this.keyframe !== null) {
      this.complete.push(this.segment(this.keyframe));
      // The memory of a dropped segment is used again: new memory would be mapped and cleared page by page.
      this.buffer = this.spare ?? new Float64Array(Math.max(FIRST_CAPACITY, Math.ceil(this.used * 1.2)));
      this.spare = null;
    }
    this.names = new Map();
    this.segmentNumber = lastSegment += 1;
    this.used = 0;
    this.events = 0;
    this.iterations = 0;
    const { state, size } = take();
    this.keyframe = state;
    this.segmentEvents = Math.max(SEGMENT_EVENTS, 2 * size);
    this.dropOldest();
    this.missing = 0;
    this.lostEvents += missing;
    if (missing > 0) this.add1(Code.gap, atMs, missing);
  }

  // --- Adding: one method for each number of arguments, because this is done for each event ----------------------------

  add0(code: number, atMs: number): void {
    const at = this.room();
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = code;
    buffer[at + 1] = atMs;
    this.used = at + 2;
  }

  add1(code: number, atMs: number, a: number): void {
    const at = this.room();
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = code;
    buffer[at + 1] = atMs;
    buffer[at + 2] = a;
    this.used = at + 3;
  }

  add2(code: number, atMs: number, a: number, b: number): void {
    const at = this.room();
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = code;
    buffer[at + 1] = atMs;
    buffer[at + 2] = a;
    buffer[at + 3] = b;
    this.used = at + 4;
  }

  add3(code: number, atMs: number, a: number, b: number, c: number): void {
    const at = this.room();
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = code;
    buffer[at + 1] = atMs;
    buffer[at + 2] = a;
    buffer[at + 3] = b;
    buffer[at + 4] = c;
    this.used = at + 5;
  }

  add5(code: number, atMs: number, a: number, b: number, c: number, d: number, e: number): void {
    const at = this.room();
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = code;
    buffer[at + 1] = atMs;
    buffer[at + 2] = a;
    buffer[at + 3] = b;
    buffer[at + 4] = c;
    buffer[at + 5] = d;
    buffer[at + 6] = e;
    this.used = at + 7;
  }

  /** Adds an iteration. */
  addIteration(code: number, atMs: number, iteration: number): void {
    this.iterations += 1;
    this.add1(code, atMs, iteration);
  }

  /** Adds the step of a task whose `waits` are over. */
  addStep(atMs: number, task: number, cancelled: boolean, waits: readonly number[]): void {
    const at = this.room(waits.length);
    if (at < 0) return;
    const { buffer } = this;
    buffer[at] = Code.taskStep;
    buffer[at + 1] = atMs;
    buffer[at + 2] = task;
    buffer[at + 3] = cancelled ? 1 : 0;
    buffer[at + 4] = waits.length;
    for (let i = 0; i < waits.length; i += 1) buffer[at + 5 + i] = waits[i] as number;
    this.used = at + 5 + waits.length;
  }

  /** Returns where the next event goes; -1 if the iteration has too many. */
  private room(more = 0): number {
    if (this.used + LONGEST + more > this.buffer.length && !this.grow(more)) return -1;
    this.events += 1;
    return this.used;
  }

  private grow(more: number): boolean {
    if (this.events >= this.maxEvents) {
      this.missing += 1;
      return false;
    }
    const grown = new Float64Array(2 * this.buffer.length + more);
    grown.set(this.buffer);
    this.buffer = grown;
    return true;
  }

  // --- Keeping ------------------------------------------------------------------------------------------------------

  private segment(keyframe: StateData): Segment {
    const { events, names } = this;
    const numbers = this.buffer.subarray(0, this.used);
    return { numbers, events, names, keyframe, iterations: this.iterations + eventsOutside(numbers) };
  }

  private dropOldest(): void {
    const { complete } = this;
    let events = 0;
    let iterations = 0;
    let keep = complete.length;
    while (keep > 0 && iterations < this.maxIterations && events < this.maxEvents) {
      keep -= 1;
      events += complete[keep]?.events ?? 0;
      iterations += complete[keep]?.iterations ?? 0;
    }
    for (const segment of complete.splice(0, keep)) {
      this.lostEvents += segment.events;
      this.droppedIterations += segment.iterations;
      this.spare = new Float64Array(segment.numbers.buffer);
    }
  }

  // --- Reading ------------------------------------------------------------------------------------------------------

  /** Returns what is kept. */
  read(): Recorded {
    const { numbers, ...rest } = this.readNumbers(Infinity);
    const events: TraceEvent[] = [];
    for (const each of numbers) decode(each, events);
    return { ...rest, events };
  }

  /** Returns the last whole segments, with at least the last `atLeast` events if there are as many. */
  readNumbers(atLeast: number): RecordedNumbers {
    const segments = [...this.complete, ...(this.keyframe === null ? [] : [this.segment(this.keyframe)])];
    let kept = this.events;
    const first = this.complete.findLastIndex(({ events }) => {
      if (kept >= atLeast) return true;
      kept += events;
      return false;
    });
    segments.splice(0, first + 1);
    const names = new Map<number, Name>();
    const keyframes: Keyframe[] = [];
    let at = 0;
    for (const segment of segments) {
      keyframes.push({ at, state: segment.keyframe });
      at += segment.events;
      // The oldest name stays, because a task may have been renamed since.
      for (const [id, name] of segment.names) if (!names.has(id)) names.set(id, name);
    }
    if (keyframes.length === 0) keyframes.push({ at: 0, state: EMPTY_STATE });
    const { lostEvents } = this;
    const reason = 'a recorder keeps a limited number of events';
    const lost = lostEvents === 0 ? null : { events: lostEvents, reason };
    return { lost, names, keyframes, numbers: segments.map(({ numbers }) => numbers) };
  }
}

/** Returns 1 if the recording begins in the segment and something happens before its first iteration; otherwise 0. */
function eventsOutside(numbers: Float64Array): number {
  if (numbers[0] !== Code.attached) return 0;
  for (let at = 0; at < numbers.length; at += lengthAt(numbers, at)) {
    const code = numbers[at] ?? 0;
    if (code === Code.iterationStart) return 0;
    if (OF_VERSION_1.has(code)) return 1;
  }
  return 0;
}
