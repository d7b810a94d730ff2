/** What the loop's counters say about the last seconds. */

import type { LoopSummary } from '../../protocol.js';

/** Shares of the time, from 0 to 1. */
export interface Rates {
  readonly seconds: number;
  readonly iterationsPerSecond: number;
  /** In the selector. */
  readonly select: number;
  readonly handles: number;
}

/** Returns the rates between the first and the last of `summaries`; null if the loop's time has not moved. */
export function share(summaries: readonly LoopSummary[]): Rates | null {
  const [first, last] = [summaries[0], summaries.at(-1)];
  const ms = (last?.atMs ?? 0) - (first?.atMs ?? 0);
  if (first === undefined || last === undefined || ms <= 0) return null;
  const grown = (name: string): number => (last.statistics[name] ?? 0) - (first.statistics[name] ?? 0);
  return {
    seconds: ms / 1000,
    iterationsPerSecond: (1000 * grown('iterations')) / ms,
    select: Math.min(grown('selectTimeMs') / ms, 1),
    handles: Math.min(grown('runTimeMs') / ms, 1),
  };
}
