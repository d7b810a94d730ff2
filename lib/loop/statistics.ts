/** Counters of a loop. */
export interface LoopStatistics {
  /** Iterations so far. */
  iterations: number;
  /** Handles that are ready now. */
  ready: number;
  /** Timers that are going to run. */
  scheduled: number;
  /** Descriptors somebody waits to read from, and to write to. */
  readers: number;
  writers: number;
  /** Tasks that are not done. */
  tasks: number;
  /** Time spent waiting in the selector, and running handles, in milliseconds. */
  selectTimeMs: number;
  runTimeMs: number;
  /** When the next timer is due, in the loop's time; null when there is none. */
  nextDeadlineMs: number | null;
}
