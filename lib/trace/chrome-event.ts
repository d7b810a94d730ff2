/** The pieces of a Chrome trace. */

/** One event; which fields it has depends on its phase `ph`. */
export interface ChromeTraceEvent {
  /** X: a slice with a duration; i: an instant; s, f: the ends of an arrow; b, e: asynchronous; C: a counter; M: metadata. */
  readonly ph: 'X' | 'i' | 's' | 'f' | 'b' | 'e' | 'C' | 'M';
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  /** Microseconds, of X. */
  readonly dur?: number;
  /** What belongs together, of s, f, b and e. */
  readonly id?: number;
  /** Of f: the arrow ends at the slice around it. */
  readonly bp?: 'e';
  /** Of i: how far the line reaches. */
  readonly s?: 'g' | 'p' | 't';
  readonly args?: Readonly<Record<string, unknown>>;
}

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);

/** Milliseconds as the format's microseconds, to the nanosecond: readers of the format count in whole ones. */
export function microseconds(ms: number): number {
  return nanoseconds(ms) / 1e3;
}

/** The length of a slice in microseconds. Of rounded ends, not a rounded length: slices must not overlap by a nanosecond. */
export function duration(startMs: number, endMs: number): number {
  return Math.max(nanoseconds(endMs) - nanoseconds(startMs), 0) / 1e3;
}
