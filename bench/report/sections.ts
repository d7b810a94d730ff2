/** The sections of the report, one for each group of scenarios, with explanations. */

import type { MetricName } from '../metrics.js';
import type { Results, ScenarioResult } from '../results.js';
import { barPlot } from './bars.js';
import { dotPlot } from './dots.js';
import { idlePlot, latencyPlot } from './lines.js';

/** A plot with its caption. */
export interface Figure {
  /** The name of the file, without the extension. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** A group of scenarios in the report. */
export interface Section {
  readonly group: string;
  readonly title: string;
  readonly reading: string;
  readonly figures: readonly Figure[];
  readonly scenarios: readonly ScenarioResult[];
}

type Draw = (scenarios: readonly ScenarioResult[], results: Results) => (Figure | null)[];

function figure(name: string, caption: string, svg: string | null): Figure | null {
  return svg === null ? null : { name, caption, svg };
}

/** Draws a bar plot of one scenario, if it was run. */
function bars(id: string, metric: MetricName, name: string, caption: string): Draw {
  return (scenarios, results) => {
    const scenario = scenarios.find((each) => each.id === id);
    return scenario === undefined ? [] : [figure(name, caption, barPlot(scenario, metric, results))];
  };
}

/** Draws a bar plot of each scenario, named after it. */
function barsOfEach(metric: MetricName): Draw {
  return (scenarios, results) =>
    scenarios.map((scenario) => figure(scenario.id, scenario.title, barPlot(scenario, metric, results)));
}

interface Plan {
  readonly title: string;
  readonly reading: string;
  readonly draw: readonly Draw[];
}

const latencyCurve: Draw = (scenarios, results) => {
  const scenario = scenarios.find(({ id }) => id === 'latency');
  const caption = 'Latency by percentile. The further to the right a line rises, the rarer are slow answers.';
  return scenario === undefined ? [] : [figure('latency', caption, latencyPlot(scenario, results))];
};

const PLANS: Readonly<Record<string, Plan>> = {
  echo: {
    title: 'Echo',
    reading:
      'Each connection sends a message, waits for the echo, and sends the next, so the server is always busy; higher throughput is better. ' +
      '“×” is the figure divided by that of the server named in the header of the column, in the same round. CPU is the CPU time of all ' +
      'threads of the server per round trip. Latencies in this test measure the length of the queue, not the speed of an answer; for that, see Latency.',
    draw: [
      bars(
        'echo-64x100',
        'perSecond',
        'echo',
        '64 bytes, 100 connections. The thin line extends from the first to the third quartile of the rounds.',
      ),
      bars('echo-64x100', 'cpuUs', 'echo-cpu', 'CPU time of the server per round trip.'),
    ],
  },
  latency: {
    title: 'Latency',
    reading:
      'Messages are due at a fixed rate, half of the maximum throughput of C on epoll, whether or not earlier ones have been answered. Latency is ' +
      'measured from the time at which a message was due. So a pause of the server counts for every message that had to wait, not only for the one ' +
      'in progress. A server that cannot keep up with the rate falls further and further behind; then “answered” is below 100 %, and its latencies mean nothing more.',
    draw: [latencyCurve, bars('pause', 'max', 'pause', 'The longest wait of any message in 30 s.')],
  },
  idle: {
    title: 'Idle connections',
    reading:
      'Ten connections echo, while an increasing number of others are idle. With epoll, descriptors are registered once, and the cost of a wait depends on ' +
      'the number of events. With poll and select, each call passes the whole list to the kernel, which checks every descriptor.',
    draw: [
      (scenarios, results) => [
        figure('idle', 'Server CPU time per round trip. Both scales are logarithmic.', idlePlot(scenarios, results)),
      ],
    ],
  },
  memory: {
    title: 'Memory',
    reading:
      'The growth of the resident memory of the process per connection, with 10,000 connections that have echoed one message each. The memory of the kernel is not included.',
    draw: [bars('memory', 'idleKiB', 'memory', 'Resident memory per idle connection.')],
  },
  connect: {
    title: 'Connection set-up',
    reading: 'A client connects, has one message echoed, and closes. The latency includes all three.',
    draw: [bars('connect', 'connectsPerSecond', 'connect', 'Connections per second, 32 at a time.')],
  },
  hosted: {
    title: 'Hosted against blocking',
    reading:
      'The same server in two modes: hosted on Node’s loop, so that the rest of Node keeps running, and blocking, when it occupies the thread. “×” is hosted divided by blocking.',
    draw: [barsOfEach('perSecond')],
  },
  micro: {
    title: 'The loop without a network',
    reading:
      'The cost of one callback, timer, task or hand-off. Each program uses the API of its loop; for Node these are setImmediate, ' +
      'setTimeout and promises, and there are no queues and locks. In the tables, “×” is relative to Node and to uvloop.',
    draw: [
      (scenarios, results) => [
        figure('micro', 'Operations per second; further to the right is better.', dotPlot(scenarios, results)),
      ],
    ],
  },
  start: {
    title: 'Start',
    reading:
      'The time from start to exit of a process that only executes the import; the median of five starts in each round.',
    draw: [bars('start', 'startMs', 'start', 'Less is better.')],
  },
};

/** Returns the sections of the groups that were measured. */
export function sectionsOf(results: Results): Section[] {
  return Object.entries(PLANS).flatMap(([group, { title, reading, draw }]) => {
    const scenarios = results.scenarios.filter((scenario) => scenario.group === group);
    if (scenarios.length === 0) return [];
    const figures = draw.flatMap((each) => each(scenarios, results)).filter((each) => each !== null);
    return [{ group, title, reading, figures, scenarios }];
  });
}
