/** What the page knows of a running loop, and what it asks for. */

import type {
  Answers,
  Breakpoint,
  HelloAnswer,
  Level,
  LoopSummary,
  Pause,
  TableName,
  ThreadLine,
} from '../../protocol.js';
import { Timeline } from '../timeline.js';
import { Connection, type Ending, type Request, pauseLimitOf, wantsControl } from './connection.js';

/** A table that a view shows. */
export interface Wanted {
  readonly table: TableName;
  readonly filter?: string;
  readonly sort?: string | null;
  readonly limit?: number;
  readonly places?: boolean;
  readonly everyMs: number;
}

/** A loop that does not answer. */
export interface Stuck {
  readonly ms: number;
  /** The innermost frame of the program first; empty until it is known. */
  readonly frames: readonly string[];
  /** It answers again. */
  readonly over: boolean;
}

/** How often the loop's counters are read. */
const COUNTERS_MS = 500;

/** How often the state is read while the loop runs. */
const STATE_MS = 500;

/** The least number of events with the state of a loop that is recorded: those of some iterations. */
const EVENTS = 200;

/** The number of events that stands for all. */
const ALL_EVENTS = 10_000;

/** A step that takes longer is shown as running: the poll waits. */
const STEP_MS = 200;

/** For the share of the time: some seconds. */
const MOST_SUMMARIES = 8;

/** One connection, and what has come from it. */
export class Session {
  hello: HelloAnswer | null = null;
  /** The level at which the loop is watched: the highest that a viewer asks for. */
  level: Level = 'look';
  paused: Pause | null = null;
  /** How long the loop stays stopped without an order, in milliseconds; 0: without a limit. */
  limitMs = pauseLimitOf(location.hash);
  /** Stops a second in slow motion; 0: not in slow motion. */
  rate = 0;
  breakpoints: readonly Breakpoint[] = [];
  stuck: Stuck | null = null;
  error: string | null = null;
  ending: Ending | null = null;
  /** The last counters of the loop, the latest last. */
  readonly summaries: LoopSummary[] = [];
  readonly tables: { -readonly [Name in TableName]?: Answers[Name] } = {};
  /** The state of the loop, and at the level `record` what led to it. */
  timeline: Timeline | null = null;
  /** What the loop has done until now, to go back in it. */
  past: Answers['trace'] | null = null;

  private readonly connection: Connection;
  private wanted: Wanted | 'state' | null = null;
  private stoppedMs = 0;
  /** The last order was a step: the loop runs only until the next stop. */
  private isStep = false;
  private resuming: ReturnType<typeof setTimeout> | undefined;
  private stateAsked = false;
  private stateIsOld = false;
  private pastAsked = false;

  /** @param changed is called after each change */
  constructor(private readonly changed: () => void) {
    this.connection = new Connection(
      (line) => {
        this.take(line);
        changed();
      },
      (ending) => {
        this.ending = ending;
        changed();
      },
    );
    this.send(
      { hello: 1, control: wantsControl(location.hash) },
      { level: 'look' },
      { want: ['loop'], everyMs: COUNTERS_MS },
    );
  }

  private send(...requests: readonly Request[]): void {
    this.connection.send(...requests);
  }

  // --- Looking ----------------------------------------------------------------------------------------------------------

  /** Shows the state of the loop, or one table, and nothing else. */
  watch(wanted: Wanted | 'state'): void {
    this.wanted = wanted;
    this.send({ want: [] }, { want: ['loop'], everyMs: COUNTERS_MS });
    if (wanted === 'state') this.watchState();
    else {
      const { table, ...rest } = wanted;
      this.send({ want: [table], ...rest });
    }
  }

  /** Asks for the state: again and again while the loop runs; once where it has stopped. */
  private watchState(): void {
    if (this.wanted !== 'state') return;
    if (this.paused === null) this.send({ want: ['trace'], limit: EVENTS, everyMs: STATE_MS });
    else if (this.stateAsked) this.stateIsOld = true;
    else {
      this.stateAsked = true;
      this.send({ want: ['trace'], limit: EVENTS });
    }
  }

  setLevel(level: Level): void {
    if (this.isStopping) {
      this.setBreakpoints([]);
      this.run();
    }
    this.send({ level });
  }

  /** Opens what was recorded. */
  openPast(): void {
    this.pastAsked = true;
    this.send({ want: ['trace'], limit: ALL_EVENTS });
  }

  closePast(): void {
    this.past = null;
    this.watch('state');
    this.changed();
  }

  // --- Controlling ------------------------------------------------------------------------------------------------------

  /** Whether the loop is stopped, or will stop. */
  get isStopping(): boolean {
    return this.paused !== null || this.rate > 0 || this.breakpoints.length > 0;
  }

  pause(): void {
    this.control('pause');
  }

  run(): void {
    this.control('run');
  }

  step(order: 'step' | 'iteration'): void {
    this.control(order);
  }

  /** Makes `rate` stops a second. */
  slow(rate: number): void {
    this.control('slow', rate);
  }

  setBreakpoints(all: readonly Breakpoint[]): void {
    this.breakpoints = all;
    if (all.length > 0) this.record();
    this.send({ break: all });
    this.changed();
  }

  cancelTask(id: number): void {
    this.send({ cancelTask: id });
  }

  private control(order: 'pause' | 'run' | 'step' | 'iteration' | 'slow', rate = 0): void {
    this.rate = rate;
    this.isStep = order === 'step' || order === 'iteration';
    this.error = null;
    if (order !== 'run') this.record();
    this.send({ do: order, limitMs: this.limitMs, ...(rate > 0 && { rate }) });
    this.changed();
  }

  /** What happens at a stop is known only of a loop that is recorded. */
  private record(): void {
    if (this.level !== 'record') this.send({ level: 'record' });
  }

  // --- Answers ----------------------------------------------------------------------------------------------------------

  private take(line: ThreadLine): void {
    const { hello, level, paused, breakpoints, error, silent, stuck, loop, trace, ...tables } = line;
    if (hello !== undefined) this.hello = hello;
    if (breakpoints !== undefined) this.breakpoints = breakpoints;
    if (level !== undefined) {
      this.level = level;
      if (level === 'record' && this.paused !== null) this.watchState();
    }
    if (error !== undefined) {
      this.error = error;
      this.stateAsked = false;
    }
    if (silent !== undefined)
      this.stuck = { ms: silent, frames: this.stuck?.over === false ? this.stuck.frames : [], over: false };
    if (stuck !== undefined) this.stuck = { ...stuck, over: false };
    if (paused !== undefined) this.stopped(paused);
    if (loop !== undefined) this.count(loop);
    if (trace !== undefined) this.show(trace);
    Object.assign(this.tables, tables);
    if (this.stuck !== null && (loop ?? trace ?? paused) !== undefined) this.answers();
  }

  /** The loop answers again. A wait that is not known to be in the program is not worth a word. */
  private answers(): void {
    const { stuck } = this;
    this.stuck = stuck === null || stuck.frames.length === 0 ? null : { ...stuck, over: true };
  }

  forgetStuck(): void {
    this.stuck = null;
    this.changed();
  }

  private stopped(paused: Pause | null): void {
    clearTimeout(this.resuming);
    if (paused !== null || !this.isStep) this.setPaused(paused);
    else {
      this.resuming = setTimeout(() => {
        this.setPaused(null);
        this.changed();
      }, STEP_MS);
    }
  }

  private setPaused(paused: Pause | null): void {
    const wasPaused = this.paused !== null;
    this.paused = paused;
    if (paused !== null) this.stoppedMs = performance.now();
    else if (wasPaused && !this.isStep && this.limitMs > 0 && performance.now() - this.stoppedMs >= this.limitMs)
      this.limitPassed();
    if (paused !== null || wasPaused) this.watchState();
  }

  /** The loop does not stay stopped for a viewer that may have been forgotten. It has dropped its breakpoints. */
  private limitPassed(): void {
    this.breakpoints = [];
    this.rate = 0;
    this.error = `The loop was stopped for ${this.limitMs / 1000} s, and runs again without breakpoints.`;
  }

  private count(loop: LoopSummary): void {
    if (this.summaries.length >= MOST_SUMMARIES) this.summaries.shift();
    this.summaries.push(loop);
  }

  private show(trace: Answers['trace']): void {
    if (this.pastAsked) {
      this.pastAsked = false;
      this.past = trace;
      this.send({ want: [] }); // the program continues, or stays where it is
      return;
    }
    this.timeline = new Timeline(trace);
    this.stateAsked = false;
    if (!this.stateIsOld) return;
    this.stateIsOld = false;
    this.watchState();
  }
}
