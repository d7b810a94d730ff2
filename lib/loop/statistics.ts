/** Counters of a loop. */
export interface LoopStatistics {
  /** Iterations so far. */
  iterations: number;
  /** Handles on the ready queue. */
  ready: number;
  /** Timers in the heap that are not cancelled. */
  scheduled: number;
  /** Waiters for readability, and for writability. */
  readers: number;
  writers: number;
  /** Tasks that are not done. */
  tasks: number;
  /** Time spent polling the selector, and running handles, in milliseconds. */
  selectTimeMs: number;
  runTimeMs: number;
  /** The first deadline, in the loop's time; null if there is no timer. */
  nextDeadlineMs: number | null;
}
