/**
 * Runs the rounds of a scenario, interleaved (A B C, A B C, ...), so that changes in the speed of the machine affect all contenders.
 *
 * Each measurement starts a new server process. JIT compilation and memory layout vary from process to process, and this variation
 * belongs to the spread of the figures.
 */

import { messageOf } from '../bench-error.js';
import { type Contender, contenderOf } from '../contenders.js';
import type { Row, Sample, ScenarioResult } from '../results.js';
import type { Scenario } from '../scenarios.js';
import { ratiosWithinRounds, summarise, summariseSamples } from '../statistics.js';
import type { Cores } from './cores.js';
import { type Conditions, measureOnce } from './measure.js';
import { Distribution } from './percentiles.js';
import type { Progress } from './progress.js';
import { commandOf } from './runtimes.js';

/** The settings from the command line, for all scenarios. */
export interface RoundSettings {
  readonly cores: Cores;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  /** The flags for Node, and the file for its output. */
  readonly trace?: { readonly flags: readonly string[]; readonly file: string };
}

/** A contender that can run, with its results so far. */
class Runner {
  readonly samples: (Sample | null)[] = [];
  readonly failures: string[] = [];
  readonly distribution = new Distribution();

  constructor(
    readonly contender: Contender,
    readonly command: readonly string[],
  ) {}

  async round(conditions: Conditions): Promise<void> {
    try {
      const { sample, buckets } = await measureOnce(this.command, {
        ...conditions,
        takesPort: this.contender.runtime === 'shell',
      });
      this.samples.push(sample);
      this.distribution.add(buckets);
    } catch (error) {
      this.samples.push(null);
      this.failures.push(`round ${this.samples.length}: ${messageOf(error)}`);
    }
  }
}

function runnersOf(scenario: Scenario, flags: readonly string[]): Runner[] {
  return scenario.contenders.flatMap((id) => {
    const contender = contenderOf(id);
    const found = commandOf(contender);
    if ('missing' in found) return [];
    const [runtime, ...rest] = found.command;
    return [new Runner(contender, [runtime!, ...flags, ...rest])];
  });
}

/** Returns the number of measurements of a scenario. */
export function measurementsOf(scenario: Scenario, settings: RoundSettings): number {
  return (scenario.rounds ?? settings.rounds) * runnersOf(scenario, []).length;
}

const CALIBRATIONS = 3;

/** Determines the rate of an open loop: a share of the throughput that C on epoll reaches in a closed loop at this moment. */
async function offeredRate({ measure }: Scenario, settings: RoundSettings): Promise<number | null> {
  if (measure.kind !== 'open') return null;
  const { cores } = settings;
  const { connections, size } = measure;
  const limit = commandOf(contenderOf('c-epoll'));
  if ('missing' in limit) throw new Error(limit.missing);
  const rates: number[] = [];
  for (let i = 0; i < CALIBRATIONS; i += 1) {
    const closed = { kind: 'closed', connections, size } as const;
    const { sample } = await measureOnce(limit.command, {
      cores,
      measure: closed,
      seconds: 0.5,
      warmup: 0.2,
      rate: null,
    });
    rates.push(sample.perSecond!);
  }
  return Math.round((summarise(rates)!.median * measure.share) / 1000) * 1000;
}

/** Runs a scenario. A failure is recorded, and the round continues with the next contender. */
export async function runScenario(
  scenario: Scenario,
  settings: RoundSettings,
  progress: Progress,
): Promise<ScenarioResult> {
  const { cores, warmup, trace } = settings;
  const rounds = scenario.rounds ?? settings.rounds;
  const seconds = scenario.seconds ?? settings.seconds;
  const { measure } = scenario;
  const runners = runnersOf(scenario, trace?.flags ?? []);
  progress.scenario(scenario.id);
  const rate = await offeredRate(scenario, settings);
  const conditions: Conditions = { cores, measure, seconds, warmup, rate, ...(trace && { traceFile: trace.file }) };
  for (let round = 1; round <= rounds; round += 1) {
    for (const runner of runners) {
      progress.measurement(scenario.id, `${round}/${rounds}`, runner.contender.label);
      await runner.round(conditions);
    }
  }
  progress.clear();
  return {
    id: scenario.id,
    group: scenario.group,
    title: scenario.title,
    metrics: scenario.metrics,
    // Baselines that are missing or were not selected cannot be compared with.
    baselines: scenario.baselines.filter((id) => runners.some(({ contender }) => contender.id === id)),
    connections: 'connections' in measure ? measure.connections : null,
    size: 'size' in measure ? measure.size : null,
    idle: 'idle' in measure ? (measure.idle ?? null) : null,
    rate,
    seconds,
    rows: runners.map((runner) => rowOf(runner, runners, scenario)),
  };
}

function rowOf(runner: Runner, runners: readonly Runner[], { metrics, baselines }: Scenario): Row {
  const ratios: Record<string, Row['ratios'][string]> = {};
  for (const id of baselines) {
    const baseline = runners.find(({ contender }) => contender.id === id);
    if (baseline !== undefined) ratios[id] = ratiosWithinRounds(runner.samples, baseline.samples, metrics);
  }
  return {
    contender: runner.contender.id,
    samples: runner.samples,
    failures: runner.failures,
    summary: summariseSamples(runner.samples, metrics),
    ratios,
    percentiles: runner.distribution.points(),
  };
}
