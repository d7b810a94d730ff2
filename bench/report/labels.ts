/** Words and figures that tables, plots and the page share. */

import type { Results, Summary } from '../results.js';

/** What a contender is called. */
export function labelOf(id: string, { contenders }: Pick<Results, 'contenders'>): string {
  return contenders.find((contender) => contender.id === id)?.label ?? id;
}

/** The median of a ratio, with as many digits as count. */
export function ratio(summary: Summary | undefined): string {
  if (summary === undefined) return '-';
  return summary.median.toFixed(summary.median >= 10 ? 1 : 2);
}
