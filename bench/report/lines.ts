/** Line plots with a line for each contender: latency by percentile, and CPU time by the number of idle connections. */

import { METRICS } from '../metrics.js';
import type { Results, ScenarioResult } from '../results.js';
import { labelOf } from './labels.js';
import { type Colour, ink } from './palette.js';
import { FONT, GRID_LINES, TEXT, draw, tick } from './picture.js';

const HEIGHT = 420;

interface Style {
  readonly colour: Colour;
  readonly dashed?: boolean;
}

/** The contenders that have a line, and its style. With all contenders the plot would be unreadable. */
const LATENCY_LINES: Readonly<Record<string, Style>> = {
  'c-epoll': { colour: 'C' },
  protocol: { colour: 'selectloop' },
  streams: { colour: 'selectloop-3' },
  'streams-async': { colour: 'selectloop-2' },
  'node-net': { colour: 'Node' },
  bun: { colour: 'Bun' },
  'uvloop-protocol': { colour: 'Python' },
  'asyncio-protocol': { colour: 'Python-2', dashed: true },
};

const IDLE_LINES: Readonly<Record<string, Style>> = {
  'c-epoll': { colour: 'C' },
  protocol: { colour: 'selectloop' },
  'protocol-poll': { colour: 'selectloop-2' },
  'protocol-select': { colour: 'selectloop-3' },
  'node-net': { colour: 'Node' },
};

type Points = readonly (readonly [x: number, y: number])[];

interface Axis {
  readonly name: string;
  readonly type: 'value' | 'log';
  readonly format: (value: number) => string;
  readonly max?: number;
  readonly interval?: number;
}

function linePlot(lines: readonly { label: string; style: Style; points: Points }[], x: Axis, y: Axis): string {
  const axis = ({ name, type, format, ...scale }: Axis) => ({
    type,
    name,
    nameLocation: 'middle',
    nameTextStyle: TEXT,
    axisLabel: { ...TEXT, formatter: format },
    axisLine: { show: true, lineStyle: { color: ink('muted') } },
    splitLine: GRID_LINES,
    ...scale,
  });
  return draw(
    {
      grid: { top: 16, bottom: 84, left: 82, right: 30 },
      legend: {
        bottom: 0,
        textStyle: { ...TEXT, color: ink('text') },
        icon: 'roundRect',
        itemHeight: 4,
        itemWidth: 22,
      },
      xAxis: { ...axis(x), nameGap: 28 },
      yAxis: { ...axis(y), nameGap: 62 },
      series: lines.map(({ label, style: { colour, dashed }, points }) => ({
        type: 'line',
        name: label,
        data: points,
        symbol: 'circle',
        symbolSize: 5,
        lineStyle: { color: ink(colour), width: 2.2, type: dashed ? 'dashed' : 'solid' },
        itemStyle: { color: ink(colour) },
      })),
      textStyle: { fontFamily: FONT },
    },
    HEIGHT,
  );
}

const LATENCY_AXIS: Axis = {
  name: 'latency since the message was due',
  type: 'log',
  format: (us) => tick(METRICS.p50.format(us)),
};

/** Returns the number of nines of a share: 2 for 0.99. */
function nines(share: number): number {
  return -Math.log10(1 - share);
}

/** Draws latency by percentile; rarer latencies are further to the right. Returns null if no contender has a line. */
export function latencyPlot(scenario: ScenarioResult, results: Results): string | null {
  const lines = Object.entries(LATENCY_LINES).flatMap(([id, style]) => {
    const percentiles = scenario.rows.find(({ contender }) => contender === id)?.percentiles ?? [];
    const points = percentiles.map(([share, us]): [number, number] => [nines(share), us]);
    return points.length === 0 ? [] : [{ label: labelOf(id, results), style, points }];
  });
  if (lines.length === 0) return null;
  const x: Axis = {
    name: 'share of messages answered within that time',
    type: 'value',
    interval: 1,
    max: Math.ceil(Math.max(...lines.map(({ points }) => points.at(-1)![0]))),
    format: (value) => (value === 0 ? '0' : `${Number((100 - 100 / 10 ** value).toFixed(6))} %`),
  };
  return linePlot(lines, x, LATENCY_AXIS);
}

/** Draws the server CPU time per round trip by the number of idle connections. Returns null with fewer than two such numbers. */
export function idlePlot(scenarios: readonly ScenarioResult[], results: Results): string | null {
  if (scenarios.length < 2) return null;
  const lines = Object.entries(IDLE_LINES).flatMap(([id, style]) => {
    const points = scenarios.flatMap(({ idle, rows }): [number, number][] => {
      const cost = rows.find(({ contender }) => contender === id)?.summary.cpuUs;
      return idle === null || cost === undefined ? [] : [[idle, cost.median]];
    });
    return points.length === 0 ? [] : [{ label: idleLabel(id, results), style, points }];
  });
  const x: Axis = { name: 'idle connections', type: 'log', format: (value) => value.toLocaleString('en') };
  const y: Axis = { name: METRICS.cpuUs.axis, type: 'log', format: (us) => tick(METRICS.cpuUs.format(us)) };
  return lines.length === 0 ? null : linePlot(lines, x, y);
}

/** Returns the label for this plot, which names the default selector, epoll, explicitly. */
function idleLabel(id: string, results: Results): string {
  return id === 'protocol' ? `${labelOf(id, results)}, epoll` : labelOf(id, results);
}
