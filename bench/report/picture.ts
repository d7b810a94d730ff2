/** Renders the description of a plot as SVG. */

import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import { colourRules, ink, withVariables } from './palette.js';

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

/** Without a browser the width of text can only be estimated. The estimate is generous, so that texts do not overlap. */
const WIDEST_CHARACTER = 0.6;
setPlatformAPI({
  measureText: (text, font) => ({
    width: text.length * WIDEST_CHARACTER * Number(/(\d+(\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12),
  }),
});

/** Without quotation marks, because it is used in SVG attributes. */
export const FONT = 'system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif';

/** The width of all pictures. */
const WIDTH = 880;

/** The text style of axes and legends. */
export const TEXT = { color: ink('muted'), fontSize: 12.5, fontFamily: FONT };

/** The style of grid lines. */
export const GRID_LINES = { show: true, lineStyle: { color: ink('grid'), width: 1 } };

/** Formats a value at an axis. Such values are round, so zeros after the decimal point are dropped. */
export function tick(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');
}

/** Draws a plot. Its colours are CSS variables, which the surrounding page or `standalone` defines. */
export function draw(option: EChartsCoreOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
  const svg = withVariables(chart.renderToSVGString());
  chart.dispose();
  return svg;
}

/** Makes a standalone SVG file, which follows the reader's theme. */
export function standalone(svg: string): string {
  return svg.replace(/^(<svg[^>]*>)/, `$1<style>${colourRules('svg')}</style>`);
}
