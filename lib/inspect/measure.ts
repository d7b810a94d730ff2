/**
 * The level `measure`: an instrument that times handles and counts the steps of tasks.
 *
 * Nothing is known of the time before it was installed.
 */

import { Handle } from '../loop/handle.js';
import type { Instrument } from '../loop/instrument.js';
import type { LoopCore } from '../loop/loop-core.js';
import { isProgramFile } from '../loop/program-stack.js';
import type { Runnable } from '../loop/runnable.js';
import { Task } from '../tasks/index.js';
import { placesOfFunctions } from '../tasks/stack.js';
import { describeCoroutine, describeHandle } from '../trace/names.js';
import { HISTOGRAM_BUCKETS, type LagSummary, type SlowHandle } from './protocol.js';

/** The slowest handles that are kept. */
const MOST_SLOW = 20;

/** How a task has run since the measuring began. */
export interface TaskMeasure {
  sinceMs: number;
  steps: number;
  busyMs: number;
}

/** A slow handle, with the function or the generator that it ran; null: unknown. It does not keep that from being collected. */
interface Slow {
  readonly entry: SlowHandle;
  readonly code: WeakRef<object> | null;
}

/**
 * Returns the bucket of a duration: two for each doubling from 1 µs on. Bucket `i` begins at `2 ** (i / 2)` µs; the first has everything
 * shorter, the last, which begins at 50 minutes, everything longer.
 */
function bucketOf(ms: number): number {
  const bucket = Math.floor(2 * Math.log2(ms * 1000));
  return bucket > 0 ? Math.min(bucket, HISTOGRAM_BUCKETS - 1) : 0; // also for -Infinity
}

/** Measures one loop. */
export class Measure implements Instrument {
  private readonly handles = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  private readonly iterations = new Array<number>(HISTOGRAM_BUCKETS).fill(0);
  private readonly tasks = new WeakMap<Runnable, TaskMeasure>();
  private slowest: Slow[] = [];
  /** A handle that ran no longer than this is not among the slowest. */
  private thresholdMs = 0;
  private startMs = 0;
  private runningMs = 0;
  private count = 0;
  /** The task that the running handle has resumed last, and its figures. */
  private task: Runnable | null = null;
  private figures: TaskMeasure | null = null;
  private readonly sinceMs: number;

  constructor(private readonly loop: LoopCore) {
    this.sinceMs = loop.time();
  }

  handleStart(): void {
    this.begin();
    this.startMs = this.loop.time();
  }

  /** A handle begins. */
  begin(): void {
    this.task = null;
    this.figures = null;
  }

  taskStep(task: Runnable): void {
    let measure = this.tasks.get(task);
    if (measure === undefined) {
      measure = { sinceMs: this.loop.time(), steps: 0, busyMs: 0 };
      this.tasks.set(task, measure);
    }
    measure.steps += 1;
    this.task = task;
    this.figures = measure;
  }

  handleEnd(handle: Runnable): void {
    this.end(handle, this.loop.time() - this.startMs);
  }

  /** A handle has run, for so many milliseconds. */
  end(handle: Runnable, ms: number): void {
    this.count += 1;
    this.runningMs += ms;
    const bucket = bucketOf(ms);
    this.handles[bucket] = (this.handles[bucket] ?? 0) + 1;
    if (this.figures !== null) this.figures.busyMs += ms;
    if (ms > this.thresholdMs) this.keep(handle, ms);
  }

  iterationEnd(): void {
    if (this.count === 0) return; // nothing ran
    const bucket = bucketOf(this.runningMs);
    this.iterations[bucket] = (this.iterations[bucket] ?? 0) + 1;
    this.runningMs = 0;
    this.count = 0;
  }

  /** Returns how a task has run; null if it has not, since the measuring began. */
  of(task: Runnable): TaskMeasure | null {
    return this.tasks.get(task) ?? null;
  }

  /** Returns what was measured. @param places whether to ask the engine for the lines of the slowest handles; it is asked once for each */
  summary(places: boolean): LagSummary {
    if (places) this.locate();
    return {
      ...{ sinceMs: this.sinceMs, handles: [...this.handles], iterations: [...this.iterations] },
      slowest: this.slowest.map(({ entry }) => entry),
    };
  }

  private locate(): void {
    const known = this.slowest.map(({ code }) => code?.deref() ?? null);
    const places = placesOfFunctions(known.filter((code) => code !== null));
    this.slowest = this.slowest.map((slow, i) => {
      if (known[i] === null) return slow;
      const place = places.shift() ?? null;
      return { entry: { ...slow.entry, place: place !== null && isProgramFile(place) ? place : null }, code: null };
    });
  }

  /** Puts a handle among the slowest, in order. */
  private keep(handle: Runnable, ms: number): void {
    const { kind, name } = describeHandle(handle);
    const { task } = this;
    const isTask = task instanceof Task;
    const resumed = isTask ? `${task.getName()} ${describeCoroutine(task._label)}` : null;
    const code = isTask ? task._suspended : handle instanceof Handle ? handle._callback : null;
    const entry: SlowHandle = { ms, kind, name, task: resumed, atMs: this.loop.time(), place: null };
    const at = this.slowest.findIndex((each) => each.entry.ms < ms);
    const slow: Slow = { entry, code: code === null ? null : new WeakRef(code) };
    this.slowest.splice(at < 0 ? this.slowest.length : at, 0, slow);
    this.slowest.length = Math.min(this.slowest.length, MOST_SLOW);
    if (this.slowest.length === MOST_SLOW) this.thresholdMs = this.slowest[MOST_SLOW - 1]?.entry.ms ?? 0;
  }
}
