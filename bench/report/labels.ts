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

/** Returns true if the interval of a ratio includes 1: neither of the two is shown to be faster. */
export function isUndecided({ interval }: Summary): boolean {
  return interval !== undefined && interval[0] <= 1 && interval[1] >= 1;
}

/** Formats a ratio with its 95 % interval, `0.91 (0.89-0.93)`; with a leading ≈ if the interval includes 1. */
export function ratioWithInterval(summary: Summary | undefined): string {
  if (summary?.interval === undefined) return ratio(summary);
  const [low, high] = summary.interval;
  if (low === 1 && high === 1) return ratio(summary); // a baseline, compared with itself
  const digits = summary.median >= 10 ? 1 : 2;
  return `${isUndecided(summary) ? '≈ ' : ''}${ratio(summary)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}
