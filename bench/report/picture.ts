/** From a description of a plot to an SVG. */

import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsCoreOption, init, setPlatformAPI, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import { colourRules, ink, withVariables } from './palette.js';

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, SVGRenderer]);

/** Without a browser nobody knows how wide a text is: rather too wide than one text over the other. */
const WIDEST_CHARACTER = 0.6;
setPlatformAPI({
  measureText: (text, font) => ({
    width: text.length * WIDEST_CHARACTER * Number(/(\d+(\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12),
  }),
});

/** Without quotes: it stands in attributes of SVG. */
export const FONT = 'system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif';

/** How wide all pictures are. */
const WIDTH = 880;

/** Text of an axis or a legend. */
export const TEXT = { color: ink('muted'), fontSize: 12.5, fontFamily: FONT };

/** Lines behind the data. */
export const GRID_LINES = { show: true, lineStyle: { color: ink('grid'), width: 1 } };

/** A figure at an axis: those are round, and need no zeros after the point. */
export function tick(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');
}

/** Draws a plot. Its colours are variables, which the page around it, or `standalone`, gives a value. */
export function draw(option: EChartsCoreOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
  const svg = withVariables(chart.renderToSVGString());
  chart.dispose();
  return svg;
}

/** The plot as a file of its own; it follows the theme of its reader. */
export function standalone(svg: string): string {
  return svg.replace(/^(<svg[^>]*>)/, `$1<style>${colourRules('svg')}</style>`);
}
