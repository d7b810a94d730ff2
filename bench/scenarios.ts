/** The scenarios that are measured. */

import type { MetricName } from './metrics.js';

/** How a scenario is measured. */
export type Measure =
  /** Each connection sends its next message when the previous one has been echoed. */
  | { readonly kind: 'closed'; readonly connections: number; readonly size: number; readonly idle?: number }
  /** Messages are due at a fixed rate, a share of the maximum throughput of C on epoll. */
  | { readonly kind: 'open'; readonly connections: number; readonly size: number; readonly share: number }
  /** Connect, echo, close. */
  | { readonly kind: 'connect'; readonly connections: number; readonly size: number }
  /** Each socket has `depth` datagrams in flight. */
  | { readonly kind: 'udp'; readonly connections: number; readonly size: number; readonly depth: number }
  /** One case of the programs in micro/. */
  | { readonly kind: 'micro'; readonly name: string }
  /** An echo in a closed loop, watched at one level after the other within one process; see servers/levels.mjs. */
  | { readonly kind: 'levels'; readonly connections: number; readonly size: number }
  /** From the start of a process to its exit. */
  | { readonly kind: 'start' };

/** One measurement, made for several contenders. */
export interface Scenario {
  readonly id: string;
  /** Scenarios of one group are shown together, and `--only` accepts the group's name. */
  readonly group: string;
  readonly title: string;
  /** Whether it is part of the default run. If not, it needs `--full`. */
  readonly main: boolean;
  readonly measure: Measure;
  readonly contenders: readonly string[];
  /** The contenders that serve as the standard of comparison. */
  readonly baselines: readonly string[];
  /** The columns of the tables; the plot shows the first one. */
  readonly metrics: readonly MetricName[];
  /** Overrides the command line. */
  readonly rounds?: number;
  readonly seconds?: number;
}

const OURS = ['buffered', 'protocol', 'streams', 'streams-into', 'streams-async', 'sock', 'sock-async'];
const PEERS = [
  'node-net',
  'node24-net',
  'bun',
  'uvloop-protocol',
  'uvloop-streams',
  'asyncio-protocol',
  'asyncio-streams',
];
const SERVERS = ['c-epoll', 'c-libuv', ...OURS, ...PEERS];
const LIMITS = ['c-epoll', 'node-net'];

const ECHO_METRICS = ['perSecond', 'cpuUs', 'p50', 'p99', 'p99.9'] as const;

const CONNECTIONS = [1, 100, 1000];
const SIZES = [64, 1024, 16_384, 1_048_576];

/** Formats a number of bytes. */
export function bytes(size: number): string {
  if (size >= 1_048_576) return `${size / 1_048_576} MiB`;
  return size >= 1024 ? `${size / 1024} KiB` : `${size} B`;
}

function connections(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`;
}

const echoes = SIZES.flatMap((size) =>
  CONNECTIONS.map((count): Scenario => ({
    id: `echo-${size}x${count}`,
    group: 'echo',
    title: `Echo: ${bytes(size)}, ${connections(count)}`,
    main: size === 64 && count === 100,
    measure: { kind: 'closed', connections: count, size },
    contenders: SERVERS,
    baselines: LIMITS,
    metrics: ECHO_METRICS,
  })),
);

const LATENCY_METRICS = ['p99.9', 'p50', 'p99', 'max', 'answered', 'cpuUs'] as const;

const latencies: readonly Scenario[] = [
  {
    id: 'latency',
    group: 'latency',
    title: 'Latency at half of the maximum rate of C on epoll: 64 B, 100 connections',
    main: true,
    measure: { kind: 'open', connections: 100, size: 64, share: 0.5 },
    contenders: SERVERS,
    baselines: LIMITS,
    metrics: LATENCY_METRICS,
  },
  {
    id: 'pause',
    group: 'latency',
    title: 'Longest pause in 30 s, at half of the maximum rate of C on epoll',
    main: false,
    measure: { kind: 'open', connections: 100, size: 64, share: 0.5 },
    contenders: ['c-epoll', ...OURS, 'node-net', 'bun', 'uvloop-protocol'],
    baselines: LIMITS,
    metrics: ['max', 'p99.9', 'p50', 'p99', 'answered', 'cpuUs'],
    rounds: 1,
    seconds: 30,
  },
];

const selectors = [10, 100, 1000, 10_000].map((idle): Scenario => ({
  id: `idle-${idle}`,
  group: 'idle',
  title: `10 connections echo 64 B, ${idle} are idle`,
  main: false,
  measure: { kind: 'closed', connections: 10, size: 64, idle },
  contenders: ['c-epoll', 'protocol', 'protocol-poll', 'protocol-select', 'node-net'],
  baselines: LIMITS,
  metrics: ['cpuUs', 'perSecond', 'p50', 'p99'],
}));

const memory: Scenario = {
  id: 'memory',
  group: 'memory',
  title: 'Memory per idle connection: growth of the process with 10,000 connections that have echoed once',
  main: false,
  measure: { kind: 'closed', connections: 10, size: 64, idle: 10_000 },
  contenders: SERVERS,
  baselines: ['node-net'],
  metrics: ['idleKiB'],
  seconds: 0.2,
};

const setUp: Scenario = {
  id: 'connect',
  group: 'connect',
  title: 'Connection set-up: connect, echo 64 B, close; 32 at a time',
  main: false,
  measure: { kind: 'connect', connections: 32, size: 64 },
  contenders: SERVERS,
  baselines: LIMITS,
  metrics: ['connectsPerSecond', 'cpuUs', 'p50', 'p99'],
};

const udp: Scenario = {
  id: 'udp',
  group: 'udp',
  title: 'UDP echo: 64 B, 64 datagrams in flight',
  main: false,
  measure: { kind: 'udp', connections: 1, size: 64, depth: 64 },
  contenders: ['c-udp', 'udp-many', 'udp-endpoint', 'udp-sock', 'node-dgram'],
  baselines: ['c-udp', 'node-dgram'],
  metrics: ['cpuUs', 'perSecond', 'p50', 'p99'],
};

const hosted = ['buffered', 'protocol', 'streams', 'sock'].map((id): Scenario => ({
  id: `hosted-${id}`,
  group: 'hosted',
  title: `Hosted on Node's loop against blocking: ${id}, 64 B, 100 connections`,
  main: false,
  measure: { kind: 'closed', connections: 100, size: 64 },
  contenders: [`${id}-blocking`, id],
  baselines: [`${id}-blocking`],
  metrics: ECHO_METRICS,
}));

const inspect = [1, 64].map((count): Scenario => ({
  id: `inspect-${count}`,
  group: 'inspect',
  title: `What it costs to be watched, at each level: echo of 64 B, ${connections(count)}`,
  main: false,
  measure: { kind: 'levels', connections: count, size: 64 },
  contenders: ['sock', 'protocol', 'streams'].flatMap((api) => [`levels-${api}`, `levels-${api}-blocking`]),
  baselines: [],
  metrics: ['timesRecord', 'timesMeasure', 'timesLook', 'timesUnused', 'cpuUs'],
  rounds: 3,
  seconds: 12,
}));

const MICRO: Readonly<Record<string, string>> = {
  callSoon: 'callSoon, each callback schedules the next',
  callSoonBatch: 'callSoon, many in one batch',
  timerInsert: 'insert a timer',
  timerInsertCancel: 'insert and cancel a timer',
  timerFire: 'a timer fires',
  taskSpawn: 'a task starts and ends',
  taskSpawnAsync: 'a task of an async function starts and ends',
  taskSwitch: 'a task yields to the loop with a bare yield',
  sleep0: 'sleep(0)',
  sleep0Async: 'sleep(0) in an async function',
  taskSwitchFuture: 'wake a task through a future',
  gather: 'gather 100 tasks',
  queueHandOff: 'pass an item through an unbounded queue',
  queueHandOff1: 'pass an item through a queue of size 1',
  lockHandOff: 'pass a lock from one task to another',
};

/** The cases without a counterpart in Node. */
const NOT_IN_NODE = ['sleep0', 'queueHandOff', 'queueHandOff1', 'lockHandOff'];

const micro = Object.entries(MICRO).map(([name, title]): Scenario => ({
  id: name,
  group: 'micro',
  title,
  main: true,
  measure: { kind: 'micro', name },
  contenders: [
    'micro-selectloop',
    ...(NOT_IN_NODE.includes(name) ? [] : ['micro-node']),
    'micro-uvloop',
    'micro-asyncio',
  ],
  baselines: ['micro-node', 'micro-uvloop'],
  metrics: ['operationsPerSecond'],
  seconds: 0.2,
}));

const start: Scenario = {
  id: 'start',
  group: 'start',
  title: 'From the start of the process to its exit',
  main: true,
  measure: { kind: 'start' },
  contenders: ['start-empty', 'start-selectloop', 'start-node-net', 'start-asyncio'],
  baselines: ['start-empty'],
  metrics: ['startMs'],
};

/** All scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  ...echoes,
  ...latencies,
  ...selectors,
  memory,
  setUp,
  udp,
  ...hosted,
  ...inspect,
  ...micro,
  start,
];
