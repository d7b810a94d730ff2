/** The format of the results, which `--json` writes and the report reads. */

import type { MetricName } from './metrics.js';

/** The version of the format. It changes when programs that read the file have to change. */
export const SCHEMA = 1;

/** The machine and the versions of the software. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly system: string;
  /** The numbers of the cores that ran the server and the load generator. */
  readonly serverCore: number;
  readonly loadCore: number;
  /** The load average before the first round. Above 0.5, other programs were running. */
  readonly loadBefore: number;
  /** The versions of the library, the compiler, Node, Bun, Python, libuv and so on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** One measurement: the figures of a contender in one round. */
export type Sample = Readonly<Partial<Record<MetricName, number>>>;

/** The summary of a metric over all rounds. */
export interface Summary {
  readonly median: number;
  /** The first and third quartile. */
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
  /** The 95 % interval of the median; absent if there are too few rounds for one. */
  readonly interval?: readonly [low: number, high: number];
}

/** The summary of each metric that was measured. */
export type Summaries = Readonly<Partial<Record<MetricName, Summary>>>;

/** The results of one contender in one scenario. */
export interface Row {
  readonly contender: string;
  /** One for each round; null for a round in which the contender failed. */
  readonly samples: readonly (Sample | null)[];
  /** The reasons of the failures. */
  readonly failures: readonly string[];
  readonly summary: Summaries;
  /** By baseline: the contender's figure divided by that of the baseline in the same round, summarised over all rounds. */
  readonly ratios: Readonly<Record<string, Summaries>>;
  /** The latency distribution of all rounds together: the share of round trips that took at most `latencyUs` microseconds. */
  readonly percentiles: readonly (readonly [share: number, latencyUs: number])[];
}

/** The results of one scenario. */
export interface ScenarioResult {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly metrics: readonly MetricName[];
  readonly baselines: readonly string[];
  readonly connections: number | null;
  readonly size: number | null;
  readonly idle: number | null;
  /** The offered messages per second in an open loop; otherwise null. */
  readonly rate: number | null;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** A contender, whether or not it could be measured. */
export interface ContenderResult {
  readonly id: string;
  readonly label: string;
  readonly family: string;
  /** Why it could not be measured; null if it was. */
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
