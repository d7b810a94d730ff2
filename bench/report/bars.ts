/** One bar for each contender, the best at the top, with its spread. */

import type { CustomSeriesRenderItem } from 'echarts';

import { METRICS, type MetricName, short } from '../metrics.js';
import type { Results, Row, ScenarioResult, Summary } from '../results.js';
import { labelOf, ratio } from './labels.js';
import { familyColour, ink } from './palette.js';
import { FONT, GRID_LINES, TEXT, draw } from './picture.js';

const BAR_HEIGHT = 30;
const MARGINS = { top: 8, bottom: 46, left: 270, right: 150 };

interface Bar {
  readonly row: Row;
  readonly summary: Summary;
}

/** A line from quartile to quartile, with ends. */
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

/** Null if nobody has the metric. */
export function barPlot(scenario: ScenarioResult, metric: MetricName, results: Results): string | null {
  const bars = barsOf(scenario, metric);
  if (bars.length === 0) return null;
  const { axis, format } = METRICS[metric];
  const [baseline] = scenario.baselines;
  const families = new Map(results.contenders.map(({ id, family }) => [id, family]));
  const label = ({ row, summary }: Bar): string => {
    const compared = ratio(row.ratios[baseline!]?.[metric]);
    return compared === '-' ? format(summary.median) : `{value|${format(summary.median)}}  {ratio|× ${compared}}`;
  };
  const option = {
    grid: MARGINS,
    xAxis: {
      type: 'value',
      name: `${axis}${baseline === undefined ? '' : ` (× ${labelOf(baseline, results)})`}`,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: TEXT,
      axisLabel: { ...TEXT, formatter: (value: number) => (value === 0 ? '0' : axisText(metric, value)) },
      splitLine: GRID_LINES,
      splitNumber: 5,
    },
    yAxis: {
      type: 'category',
      data: bars.map(({ row }) => labelOf(row.contender, results)),
      axisLabel: { ...TEXT, color: ink('text') },
      axisLine: { lineStyle: { color: ink('muted') } },
      axisTick: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: '66%',
        data: bars.map((bar) => ({
          value: bar.summary.median,
          itemStyle: { color: ink(familyColour(families.get(bar.row.contender) ?? '')), borderRadius: [0, 3, 3, 0] },
          label: {
            show: true,
            position: 'right',
            // Beyond the end of the whisker, which may be far from the end of the bar.
            distance: 14,
            formatter: label(bar),
            fontFamily: FONT,
            fontSize: 12.5,
            color: ink('text'),
            rich: { value: { fontWeight: 600, color: ink('text'), fontFamily: FONT, fontSize: 12.5 }, ratio: TEXT },
          },
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

/** Ticks are round numbers: counts need no more than k and M. */
function axisText(metric: MetricName, value: number): string {
  return metric.endsWith('PerSecond') || metric === 'perSecond'
    ? short(value).replace(/\.0+(?= |$)/, '')
    : METRICS[metric].format(value);
}
