/** The quantities that are measured, and how they are formatted. */

/** One quantity of a sample. */
export interface Metric {
  /** The header of its column. */
  readonly label: string;
  /** The name of its axis. */
  readonly axis: string;
  readonly better: 'more' | 'less';
  /** Formats a figure. */
  readonly format: (value: number) => string;
}

/** Separates groups of three digits with narrow spaces: 1 234 567. */
function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Formats with three significant digits and k or M: 12.3 k. */
function short(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)} M`;
  if (value >= 1e4) return `${digits(value / 1e3)} k`;
  return value >= 1000 ? grouped(value) : digits(value);
}

/** Formats with about three significant digits. */
function digits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** Formats a duration given in microseconds. */
function duration(us: number): string {
  if (us >= 1e6) return `${digits(us / 1e6)} s`;
  return us >= 1e3 ? `${digits(us / 1e3)} ms` : `${digits(us)} µs`;
}

const latency = (label: string): Metric => ({ label, axis: `${label} latency`, better: 'less', format: duration });

/** How many times the CPU time of an interval at the level `door`. */
const price = (label: string, axis: string): Metric => ({
  label: `${label} ÷ door`,
  axis: `CPU ${axis} ÷ CPU with a door`,
  better: 'less',
  format: (times) => times.toFixed(2),
});

/** Every metric by its name in a sample. */
export const METRICS = {
  perSecond: { label: 'round trips/s', axis: 'round trips per second', better: 'more', format: short },
  connectsPerSecond: { label: 'connections/s', axis: 'new connections per second', better: 'more', format: short },
  operationsPerSecond: { label: 'operations/s', axis: 'operations per second', better: 'more', format: short },
  cpuUs: { label: 'CPU', axis: 'server CPU per round trip', better: 'less', format: duration },
  p50: latency('p50'),
  p99: latency('p99'),
  'p99.9': latency('p99.9'),
  max: latency('longest'),
  answered: {
    label: 'answered',
    axis: 'share answered in time',
    better: 'more',
    format: (share: number) => `${(share * 100).toFixed(1)} %`,
  },
  idleKiB: {
    label: 'memory each',
    axis: 'resident memory per idle connection',
    better: 'less',
    format: (kibibytes: number) => `${digits(kibibytes)} KiB`,
  },
  timesUnused: price('unused', 'without a door'),
  timesLook: price('look', 'while a viewer looks'),
  timesMeasure: price('measure', 'while it measures'),
  timesRecord: price('record', 'while it records'),
  startMs: { label: 'start', axis: 'from start to exit', better: 'less', format: (ms: number) => duration(ms * 1000) },
} as const satisfies Record<string, Metric>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;
