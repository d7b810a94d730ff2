/** Labels and formats that tables, plots and the page share. */

import type { Results, Summary } from '../results.js';

/** Returns the label of a contender. */
export function labelOf(id: string, { contenders }: Pick<Results, 'contenders'>): string {
  return contenders.find((contender) => contender.id === id)?.label ?? id;
}

/** Formats the median of a ratio with its significant digits. */
export function ratio(summary: Summary | undefined): string {
  if (summary === undefined) return '-';
  return summary.median.toFixed(summary.median >= 10 ? 1 : 2);
}
