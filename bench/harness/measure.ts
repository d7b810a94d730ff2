/** Makes one measurement of one contender in one scenario. */

import { writeFileSync } from 'node:fs';

import type { Sample } from '../results.js';
import type { Measure } from '../scenarios.js';
import { summarise } from '../statistics.js';
import { runPinned } from './children.js';
import type { Cores } from './cores.js';
import { type LoadOptions, type LoadReport, runLoad } from './load.js';
import { nativeProgram } from './native.js';
import { ServerProcess } from './server-process.js';

/** The settings for all measurements of a scenario. */
export interface Conditions {
  readonly cores: Cores;
  readonly measure: Measure;
  readonly seconds: number;
  readonly warmup: number;
  /** Messages per second, for an open loop only. */
  readonly rate: number | null;
  /** The file for the output of the server, which is the trace when tracing. */
  readonly traceFile?: string;
  /** True for a command that listens on $PORT, and prints no port. */
  readonly takesPort?: boolean;
}

/** The result of a measurement: the figures, and the latencies from which they were computed. */
export interface Measurement {
  readonly sample: Sample;
  readonly buckets: LoadReport['buckets'];
}

/** How many starts make one figure; the time of a single start varies too much. */
const STARTS = 5;

/** Makes a measurement. Rejects with a one-line message if it fails. */
export async function measureOnce(command: readonly string[], conditions: Conditions): Promise<Measurement> {
  const { measure, cores, seconds } = conditions;
  switch (measure.kind) {
    case 'micro':
      return { sample: await microSample(command, measure.name, cores.server, seconds), buckets: [] };
    case 'start':
      return { sample: await startSample(command, cores.server), buckets: [] };
    case 'levels':
      return { sample: await levelsSample(command, measure, conditions), buckets: [] };
    default:
      return await serverMeasurement(command, measure, conditions);
  }
}

type ServerMeasure = Exclude<Measure, { kind: 'micro' | 'start' | 'levels' }>;

async function serverMeasurement(
  command: readonly string[],
  measure: ServerMeasure,
  conditions: Conditions,
): Promise<Measurement> {
  const { cores, takesPort } = conditions;
  const server = await (takesPort === true
    ? ServerProcess.startOnPort(cores.server, command)
    : ServerProcess.start(cores.server, command));
  try {
    const options = loadOptions(server, measure, conditions);
    const report = await runLoad(nativeProgram('load')!, conditions.cores.load, options);
    return { sample: sampleOf(report, measure), buckets: report.buckets };
  } catch (error) {
    throw server.failure === null ? error : new Error(server.failure);
  } finally {
    await server.stop();
    if (conditions.traceFile !== undefined) writeFileSync(conditions.traceFile, server.printed);
  }
}

/** What servers/levels.mjs prints when it is stopped. */
interface Levels {
  readonly cpuUs: readonly number[];
  /** By level: how many times the CPU time of the intervals with a door before and after it. */
  readonly times: Readonly<Record<string, readonly number[]>>;
}

async function levelsSample(
  command: readonly string[],
  { connections, size }: Extract<Measure, { kind: 'levels' }>,
  { cores, seconds, warmup }: Conditions,
): Promise<Sample> {
  const server = await ServerProcess.start(cores.server, command);
  try {
    await runLoad(nativeProgram('load')!, cores.load, { port: server.port, connections, size, seconds, warmup });
  } finally {
    await server.stop();
  }
  const { cpuUs, times } = JSON.parse(server.printed) as Levels;
  const median = (values: readonly number[]): number | undefined => summarise(values)?.median;
  const { unused = [], look = [], measure = [], record = [] } = times;
  const prices = { timesUnused: unused, timesLook: look, timesMeasure: measure, timesRecord: record };
  const medians = Object.entries({ cpuUs, ...prices }).map(([name, values]) => [name, median(values)] as const);
  // A round in which the server was too slow for a whole cycle has no price.
  return Object.fromEntries(medians.filter(([, value]) => value !== undefined));
}

function loadOptions(server: ServerProcess, measure: ServerMeasure, conditions: Conditions): LoadOptions {
  const { seconds, warmup, rate } = conditions;
  const { connections, size } = measure;
  return {
    port: server.port,
    serverPid: server.pid,
    connections,
    size,
    seconds,
    warmup,
    ...(measure.kind === 'connect' && { connect: true }),
    ...(measure.kind === 'udp' && { udp: true, depth: measure.depth }),
    ...(measure.kind === 'closed' && measure.idle !== undefined && { idle: measure.idle }),
    ...(rate !== null && { rate }),
  };
}

function sampleOf(report: LoadReport, measure: ServerMeasure): Sample {
  const { perSecond, latencyUs, serverCpuUsPerRoundTrip, serverRssBytes, unanswered, rate } = report;
  const { p50, p99, max } = latencyUs;
  const idle = measure.kind === 'closed' ? measure.idle : undefined;
  return {
    [measure.kind === 'connect' ? 'connectsPerSecond' : 'perSecond']: perSecond,
    p50,
    p99,
    'p99.9': latencyUs['p99.9'],
    max,
    ...(serverCpuUsPerRoundTrip !== undefined && { cpuUs: serverCpuUsPerRoundTrip }),
    ...(rate !== undefined && { answered: 1 - unanswered! / (rate * report.seconds) }),
    ...(serverRssBytes !== undefined && {
      idleKiB: (serverRssBytes.withIdle - serverRssBytes.beforeIdle) / 1024 / idle!,
    }),
  };
}

async function microSample(command: readonly string[], name: string, core: number, seconds: number): Promise<Sample> {
  const line = await runPinned(core, [...command, name, '--seconds', String(seconds)]);
  const { operations, seconds: measured } = JSON.parse(line) as { operations: number; seconds: number };
  return { operationsPerSecond: operations / measured };
}

async function startSample(command: readonly string[], core: number): Promise<Sample> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const began = performance.now();
    await runPinned(core, command);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { startMs: times[Math.floor(STARTS / 2)]! };
}
