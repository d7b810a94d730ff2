/** A bar plot: one bar for each contender, the best at the top, with its spread. */

import type { CustomSeriesRenderItem } from 'echarts';

import { METRICS, type MetricName } from '../metrics.js';
import type { Results, Row, ScenarioResult, Summary } from '../results.js';
import { labelOf, ratio } from './labels.js';
import { familyColour, ink } from './palette.js';
import { GRID_LINES, TEXT, draw, tick } from './picture.js';

const BAR_HEIGHT = 30;
const MARGINS = { top: 8, bottom: 46, left: 270, right: 164 };

const FIGURE_COLUMNS = {
  value: { ...TEXT, color: ink('text'), fontWeight: 600, width: 74, align: 'right' },
  ratio: { ...TEXT, width: 66, align: 'right' },
};

interface Bar {
  readonly row: Row;
  readonly summary: Summary;
}

/** The whisker of a bar: a line from the first to the third quartile, with caps. */
const whisker: CustomSeriesRenderItem = (_params, api) => {
  const [x1, y] = api.coord([api.value(0), api.value(2)]) as [number, number];
  const [x2] = api.coord([api.value(1), api.value(2)]) as [number];
  const style = { stroke: ink('text'), lineWidth: 1.2 };
  const line = (ax: number, ay: number, bx: number, by: number) =>
    ({ type: 'line', shape: { x1: ax, y1: ay, x2: bx, y2: by }, style }) as const;
  return { type: 'group', children: [line(x1, y, x2, y), line(x1, y - 3, x1, y + 3), line(x2, y - 3, x2, y + 3)] };
};

function barsOf(scenario: ScenarioResult, metric: MetricName): Bar[] {
  const bars = scenario.rows.flatMap((row) => {
    const summary = row.summary[metric];
    return summary === undefined ? [] : [{ row, summary }];
  });
  // The plot's first category is at the bottom.
  const sign = METRICS[metric].better === 'more' ? 1 : -1;
  return bars.sort((a, b) => sign * (a.summary.median - b.summary.median));
}

/** Draws a metric of a scenario. Returns null if no contender has it. */
export function barPlot(scenario: ScenarioResult, metric: MetricName, results: Results): string | null {
  const bars = barsOf(scenario, metric);
  if (bars.length === 0) return null;
  const { axis, format } = METRICS[metric];
  const [baseline] = scenario.baselines;
  const families = new Map(results.contenders.map(({ id, family }) => [id, family]));
  const label = ({ row, summary }: Bar): string => {
    const compared = ratio(row.ratios[baseline!]?.[metric]);
    return `{value|${format(summary.median)}}{ratio|${compared === '-' ? '' : `× ${compared}`}}`;
  };
  const categories = {
    type: 'category',
    axisTick: { show: false },
    axisLabel: { ...TEXT, color: ink('text') },
    axisLine: { lineStyle: { color: ink('muted') } },
  };
  const option = {
    grid: MARGINS,
    xAxis: {
      type: 'value',
      name: `${axis}${baseline === undefined ? '' : ` (× ${labelOf(baseline, results)})`}`,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: TEXT,
      axisLabel: { ...TEXT, formatter: (value: number) => (value === 0 ? '0' : tick(format(value))) },
      splitLine: GRID_LINES,
      splitNumber: 5,
    },
    yAxis: [
      { ...categories, data: bars.map(({ row }) => labelOf(row.contender, results)) },
      // The figures are in separate columns, because next to the bars the whiskers would cross them.
      {
        ...categories,
        position: 'right',
        data: bars.map(label),
        axisLine: { show: false },
        axisLabel: { rich: FIGURE_COLUMNS, margin: 14 },
      },
    ],
    series: [
      {
        type: 'bar',
        barWidth: '66%',
        data: bars.map(({ row, summary }) => ({
          value: summary.median,
          itemStyle: { color: ink(familyColour(families.get(row.contender) ?? '')), borderRadius: [0, 3, 3, 0] },
        })),
      },
      {
        type: 'custom',
        renderItem: whisker,
        data: bars.map(({ summary: { low, high } }, index) => [low, high, index]),
      },
    ],
  };
  return draw(option, MARGINS.top + MARGINS.bottom + bars.length * BAR_HEIGHT);
}
