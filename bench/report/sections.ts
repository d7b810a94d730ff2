/** What the report shows of each group of scenarios, and how to read it. */

import type { MetricName } from '../metrics.js';
import type { Results, ScenarioResult } from '../results.js';
import { barPlot } from './bars.js';
import { dotPlot } from './dots.js';
import { idlePlot, latencyPlot } from './lines.js';

/** A plot with the sentence below it. */
export interface Figure {
  /** The name of its file, without the extension. */
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

/** A bar plot of one scenario; nothing if it was not run. */
function bars(id: string, metric: MetricName, name: string, caption: string): Draw {
  return (scenarios, results) => {
    const scenario = scenarios.find((each) => each.id === id);
    return scenario === undefined ? [] : [figure(name, caption, barPlot(scenario, metric, results))];
  };
}

/** A bar plot of each scenario, named after it. */
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
  const caption = 'Latency by percentile. A line that rises late is a server that seldom makes anybody wait.';
  return scenario === undefined ? [] : [figure('latency', caption, latencyPlot(scenario, results))];
};

const PLANS: Readonly<Record<string, Plan>> = {
  echo: {
    title: 'Echo',
    reading:
      'Each connection sends a message, waits for it to come back, and sends the next: the server is never without work, and the more it does ' +
      'in a second, the better. “×” is the figure divided by that of the server named at the top of the column, in the same round. CPU is the ' +
      'time that all threads of the server were running, divided by the round trips. Latencies here say how long the queue is, not how quick an answer: see Latency.',
    draw: [
      bars(
        'echo-64x100',
        'perSecond',
        'echo',
        '64 bytes, 100 connections. The thin line goes from the first quartile of the rounds to the third.',
      ),
      bars('echo-64x100', 'cpuUs', 'echo-cpu', 'What one of those round trips costs the server.'),
    ],
  },
  latency: {
    title: 'Latency',
    reading:
      'Messages are due at a fixed rate, half of what C on epoll can answer, whether or not earlier ones have been answered, and the time ' +
      'runs from the moment when a message was due. So a pause of the server is charged to every message that had to wait for it, and not only to the one that ' +
      'met it. Who cannot keep up with the rate falls behind further and further: then the latencies say only that, and “answered” is below 100 %.',
    draw: [latencyCurve, bars('pause', 'max', 'pause', 'The longest that any message waited in 30 s.')],
  },
  idle: {
    title: 'Idle connections',
    reading:
      'Ten connections echo, and more and more others are only open. epoll is told once which descriptors to watch, and each wait costs what has ' +
      'happened; poll and select hand the kernel the whole list each time, and it looks at every one.',
    draw: [
      (scenarios, results) => [
        figure('idle', 'Server CPU of a round trip. Both scales are logarithmic.', idlePlot(scenarios, results)),
      ],
    ],
  },
  memory: {
    title: 'Memory',
    reading:
      'How much the resident memory of the process grew with 10,000 connections, each of which has echoed one message; not counting what the kernel keeps.',
    draw: [bars('memory', 'idleKiB', 'memory', 'Resident memory of one idle connection.')],
  },
  connect: {
    title: 'Connection set-up',
    reading: 'A client connects, has one message echoed, and closes. The latency is all of that together.',
    draw: [bars('connect', 'connectsPerSecond', 'connect', 'Connections a second, 32 at a time.')],
  },
  hosted: {
    title: 'Hosted against blocking',
    reading:
      'The same server beside Node’s own loop, where everything else in Node goes on, and with the thread for itself. “×” is hosted divided by blocking.',
    draw: [barsOfEach('perSecond')],
  },
  micro: {
    title: 'The loop without a network',
    reading:
      'What one callback, timer, task or hand-off costs: each program does the same in the words of its own loop. For Node that is setImmediate, ' +
      'setTimeout and promises; it has no queues and locks. The “×” of the tables is against Node and against uvloop.',
    draw: [
      (scenarios, results) => [
        figure('micro', 'Operations a second; further to the right is better.', dotPlot(scenarios, results)),
      ],
    ],
  },
  start: {
    title: 'Start',
    reading:
      'From the start of a process that does nothing but the import, to its end; the median of five starts in each round.',
    draw: [bars('start', 'startMs', 'start', 'Less is better.')],
  },
};

/** The sections of the groups that were measured. */
export function sectionsOf(results: Results): Section[] {
  return Object.entries(PLANS).flatMap(([group, { title, reading, draw }]) => {
    const scenarios = results.scenarios.filter((scenario) => scenario.group === group);
    if (scenarios.length === 0) return [];
    const figures = draw.flatMap((each) => each(scenarios, results)).filter((each) => each !== null);
    return [{ group, title, reading, figures, scenarios }];
  });
}
