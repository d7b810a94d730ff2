/** The plot of the micro benchmarks: a line for each case, a dot for each contender, on a logarithmic scale. */

import { METRICS } from '../metrics.js';
import type { Results, ScenarioResult } from '../results.js';
import { labelOf } from './labels.js';
import { type Colour, ink } from './palette.js';
import { FONT, GRID_LINES, TEXT, draw, tick } from './picture.js';

const ROW_HEIGHT = 30;
const MARGINS = { top: 40, bottom: 46, left: 260, right: 40 };

/** Contenders differ in shape as well as in colour, for readers who cannot distinguish the colours. */
const MARKS: Readonly<Record<string, { colour: Colour; symbol: string }>> = {
  'micro-selectloop': { colour: 'selectloop', symbol: 'circle' },
  'micro-node': { colour: 'Node', symbol: 'diamond' },
  'micro-uvloop': { colour: 'Python', symbol: 'triangle' },
  'micro-asyncio': { colour: 'Python-2', symbol: 'rect' },
};

/** Draws the plot. Returns null if no case was measured. */
export function dotPlot(scenarios: readonly ScenarioResult[], results: Results): string | null {
  if (scenarios.length === 0) return null;
  // The plot's first category is at the bottom.
  const cases = [...scenarios].reverse();
  const series = Object.entries(MARKS).map(([id, { colour, symbol }]) => ({
    type: 'scatter',
    name: labelOf(id, results),
    symbol,
    symbolSize: 13,
    itemStyle: { color: ink(colour) },
    data: cases.flatMap(({ rows }, index) => {
      const speed = rows.find(({ contender }) => contender === id)?.summary.operationsPerSecond;
      return speed === undefined ? [] : [[speed.median, index]];
    }),
  }));
  const option = {
    grid: MARGINS,
    legend: { top: 4, textStyle: { ...TEXT, color: ink('text') } },
    textStyle: { fontFamily: FONT },
    xAxis: {
      type: 'log',
      name: `${METRICS.operationsPerSecond.axis} (each grid line: ten times as many)`,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: TEXT,
      axisLabel: {
        ...TEXT,
        formatter: (value: number) => tick(METRICS.operationsPerSecond.format(value)),
      },
      splitLine: GRID_LINES,
    },
    yAxis: {
      type: 'category',
      data: cases.map(({ title }) => title),
      axisLabel: { ...TEXT, color: ink('text') },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink('muted') } },
      splitLine: GRID_LINES,
    },
    series: series.filter(({ data }) => data.length > 0),
  };
  return draw(option, MARGINS.top + MARGINS.bottom + cases.length * ROW_HEIGHT);
}
