/** What the benchmark writes with `--json`, and what the report is made from. */

import type { MetricName } from './metrics.js';

/** Changes when a program that reads the file would have to. */
export const SCHEMA = 1;

/** The machine and what ran on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly system: string;
  /** Of the core of the server and the core of the load generator. */
  readonly serverCore: number;
  readonly loadCore: number;
  /** The load average of the machine before the first round: above 0.5, something else ran as well. */
  readonly loadBefore: number;
  /** Of the library, the compiler, Node, Bun, Python, libuv ... */
  readonly versions: Readonly<Record<string, string>>;
}

/** One measurement: what a contender did in one round. */
export type Sample = Readonly<Partial<Record<MetricName, number>>>;

/** The samples of all rounds in a few numbers. */
export interface Summary {
  readonly median: number;
  /** The first and third quartile. */
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** The summary of each metric that was measured. */
export type Summaries = Readonly<Partial<Record<MetricName, Summary>>>;

/** What one contender did in one scenario. */
export interface Row {
  readonly contender: string;
  /** In the order of the rounds; null for a round in which it failed. */
  readonly samples: readonly (Sample | null)[];
  /** Why it failed, if it did. */
  readonly failures: readonly string[];
  readonly summary: Summaries;
  /** By the contender compared with: its own figure divided by that one's of the same round, over all rounds. */
  readonly ratios: Readonly<Record<string, Summaries>>;
  /** Of all rounds together: latencies in microseconds, and the share of round trips that were at most so slow. */
  readonly percentiles: readonly (readonly [share: number, latencyUs: number])[];
}

/** One scenario with everybody who took part. */
export interface ScenarioResult {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly metrics: readonly MetricName[];
  readonly baselines: readonly string[];
  readonly connections: number | null;
  readonly size: number | null;
  readonly idle: number | null;
  /** Open loop: messages a second that were offered. */
  readonly rate: number | null;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** Somebody who is measured, or could not be. */
export interface ContenderResult {
  readonly id: string;
  readonly label: string;
  readonly family: string;
  /** Why it could not be measured. */
  readonly missing: string | null;
}

/** One run of the benchmark. */
export interface Results {
  readonly schema: typeof SCHEMA;
  readonly started: string;
  readonly finished: string;
  /** The arguments of the command. */
  readonly command: readonly string[];
  readonly machine: Machine;
  readonly contenders: readonly ContenderResult[];
  readonly scenarios: readonly ScenarioResult[];
}
