/**
 * Stops a loop at the stations of its iteration, by an instrument that blocks the loop's thread.
 *
 * The thread waits in `Atomics.wait` on a word that the inspector thread changes with each order. It then takes the orders, as it does in a
 * poll: so a paused loop still answers what viewers ask for. The instrument is installed only while it is needed, because the loop polls in
 * each iteration meanwhile: a person who steps comes to every station.
 */

import type { Instrument, ReadyDescriptor, TaskOutcome } from '../loop/instrument.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Runnable } from '../loop/runnable.js';
import { describeHandle } from '../trace/names.js';
import { Breakpoints } from './breakpoints.js';
import type { PausedClock } from './paused-clock.js';
import type { Breakpoint, DoRequest, PauseStation, ThreadLine } from './protocol.js';
import { Word } from './shared.js';

/** When the loop stops: nowhere, at each station and each handle, or at the beginning of an iteration. */
type Mode = 'run' | 'step' | 'iteration' | 'slow';

/** What the stops need of the door. */
export interface StopsOwner {
  readonly words: Int32Array;
  /** Takes the orders of viewers; they may call the methods of the stops. */
  takeOrders(): void;
  /** Informs the viewers. */
  report(line: Pick<ThreadLine, 'paused' | 'breakpoints'>): void;
}

/** Stops one loop. */
export class Stops implements Instrument {
  private mode: Mode = 'run';
  private breakpoints = new Breakpoints();
  private installed: Disposable | null = null;
  private polling: Disposable | null = null;
  private iteration = 0;
  /** A breakpoint was hit where the loop cannot stop: it does at the next station. */
  private hit: string | null = null;
  /** The order that ends the pause has come. */
  private released = true;
  private limitMs = 60_000;
  private slowMs = 0;
  private handleStartMs = 0;
  /** The thread waits in {@link stop}. */
  private isStopped = false;
  /** The last report to the viewers said that the loop is stopped; in slow motion, also between two stops. */
  private isShownStopped = false;

  constructor(
    private readonly loop: LoopCore,
    private readonly clock: PausedClock,
    private readonly owner: StopsOwner,
  ) {}

  /** Obeys a viewer. */
  obey({ do: order, rate, limitMs }: DoRequest): void {
    this.limitMs = limitMs === 0 ? Infinity : limitMs;
    this.slowMs = 1000 / rate;
    this.mode = order === 'pause' ? 'step' : order;
    this.released = order !== 'pause';
    this.follow();
  }

  /** Sets the breakpoints, instead of earlier ones. */
  break(all: readonly Breakpoint[]): void {
    this.setBreakpoints(all);
    this.follow();
  }

  /** The loop runs, without breakpoints: the last viewer that could resume it has left, or the door closes. */
  release(): void {
    if (this.breakpoints.any) this.setBreakpoints([]);
    this.mode = 'run';
    this.released = true;
    this.follow();
  }

  private setBreakpoints(all: readonly Breakpoint[]): void {
    this.breakpoints = new Breakpoints(all);
    this.owner.report({ breakpoints: all });
  }

  /** Other instruments were added: the loop stops after them, so that what they know includes the present. */
  stopAfterOthers(): void {
    if (this.installed === null) return;
    this.installed[Symbol.dispose]();
    this.installed = this.loop.addInstrument(this);
  }

  /** Installs or removes the instrument. */
  private follow(): void {
    const isNeeded = this.mode !== 'run' || this.breakpoints.any;
    if (isNeeded) {
      this.iteration = this.loop.statistics().iterations;
      this.installed ??= this.loop.addInstrument(this);
      this.polling ??= this.loop._pollInEveryIteration();
    } else {
      this.hit = null;
      this.installed?.[Symbol.dispose]();
      this.installed = null;
      this.polling?.[Symbol.dispose]();
      this.polling = null;
    }
    if (!this.isStopped) this.reportRunning(); // an order that came between two stops
  }

  /** Viewers learn that the loop runs; in slow motion they do not, because the next stop follows. */
  private reportRunning(): void {
    if (!this.isShownStopped || this.mode === 'slow') return;
    this.isShownStopped = false;
    this.owner.report({ paused: null });
  }

  // --- Stations: called by the loop -------------------------------------------------------------------------------------

  iterationStart(iteration: number): void {
    this.iteration = iteration;
    this.note(this.breakpoints.iteration(iteration));
    this.station('timeout', null);
  }

  beforeSelect(): void {
    this.station('select', null);
  }

  afterSelect(): void {
    this.station('descriptors', null);
  }

  handlesReady(queue: { readonly length: number }): void {
    this.note(this.breakpoints.queue(queue.length));
    this.station('timers', null);
  }

  handleStart(handle: Runnable): void {
    this.station('run', handle);
    this.handleStartMs = this.loop.time();
  }

  descriptorReady(descriptor: ReadyDescriptor): void {
    this.note(this.breakpoints.descriptor(descriptor));
  }

  timerFired(): void {
    this.note(this.breakpoints.timer());
  }

  /** Stops in the handle, before the code of the task runs. */
  taskStep(task: Runnable): void {
    this.stopIf(this.breakpoints.resumes(task), task);
  }

  taskDone(task: Runnable, outcome: TaskOutcome): void {
    this.stopIf(this.breakpoints.done(task, outcome), task);
  }

  handleFailed(handle: Runnable): void {
    this.stopIf(this.breakpoints.throws(), handle);
  }

  handleEnd(handle: Runnable): void {
    this.stopIf(this.breakpoints.ran(this.loop.time() - this.handleStartMs), handle);
  }

  private note(reason: string | null): void {
    this.hit ??= reason;
  }

  private stopIf(reason: string | null, handle: Runnable): void {
    if (reason !== null) this.stop('run', handle, reason);
  }

  private station(station: PauseStation, handle: Runnable | null): void {
    const { hit, mode } = this;
    if (hit !== null) this.stop(station, handle, hit);
    else if (mode === 'slow') this.stop(station, handle, 'slow', this.slowMs);
    else if (mode === 'step' || (mode === 'iteration' && station === 'timeout')) this.stop(station, handle, mode);
  }

  /** Blocks the thread until a viewer resumes the loop, or for `forMs`. */
  private stop(station: PauseStation, handle: Runnable | null, reason: string, forMs = this.limitMs): void {
    const { owner, clock, loop, iteration } = this;
    const name = handle === null ? null : describeHandle(handle).name;
    this.hit = null;
    this.released = false;
    this.isStopped = true;
    this.isShownStopped = true;
    clock.pause();
    owner.report({ paused: { station, iteration, atMs: loop.time(), handle: name, reason } });
    const endMs = performance.now() + forMs;
    for (let leftMs = forMs; !this.isOver(leftMs, reason); leftMs = endMs - performance.now()) {
      const seen = Atomics.load(owner.words, Word.Orders);
      owner.takeOrders();
      if (!this.released) Atomics.wait(owner.words, Word.Orders, seen, Math.max(endMs - performance.now(), 0));
    }
    clock.resume();
    this.isStopped = false;
    this.reportRunning();
  }

  /** Whether the pause ends. At the limit the loop runs on, because its viewer may have been forgotten. */
  private isOver(leftMs: number, reason: string): boolean {
    if (this.released) return true;
    if (leftMs > 0) return false;
    if (reason !== 'slow') this.release();
    return true;
  }
}
