/** The events of a Chrome trace. */

/** One event; its fields depend on its phase `ph`. */
export interface ChromeTraceEvent {
  /**
   * X: a slice with a duration; i: an instant; s, f: start and end of an arrow; b, e: begin and end of an asynchronous span; C: a counter;
   * M: metadata.
   */
  readonly ph: 'X' | 'i' | 's' | 'f' | 'b' | 'e' | 'C' | 'M';
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  /** Microseconds, for X. */
  readonly dur?: number;
  /** Connects events that belong together, for s, f, b and e. */
  readonly id?: number;
  /** For f: the arrow ends at the enclosing slice. */
  readonly bp?: 'e';
  /** For i: the extent of the line (global, process or thread). */
  readonly s?: 'g' | 'p' | 't';
  readonly args?: Readonly<Record<string, unknown>>;
}

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);

/** Converts milliseconds to the format's microseconds, rounded to whole nanoseconds, because Perfetto counts in these. */
export function microseconds(ms: number): number {
  return nanoseconds(ms) / 1e3;
}

/** Returns the length of a slice in microseconds, from its rounded ends: a rounded length could make slices overlap by 1 ns. */
export function duration(startMs: number, endMs: number): number {
  return Math.max(nanoseconds(endMs) - nanoseconds(startMs), 0) / 1e3;
}
