/**
 * Shrinks a failing seed: looks for the few changes that the failure needs.
 *
 * First all changes of one purpose are suppressed at a time, such as all delays from the client to the server. Then ever smaller parts of
 * those that are left are, until none can be (delta debugging, after Zeller and Hildebrandt). A run whose changes are suppressed makes
 * different ones later on, so each step continues with those that its run has made.
 */

import { isError } from '../../errors/index.js';
import { keyOf } from './draws.js';
import type { RunResult } from './run-seed.js';

/** After so many runs, or so much real time, what was found so far is the result. */
const MOST_RUNS = 1000;
const MOST_MS = 5000;

/**
 * Returns the failing run with the fewest changes that was found.
 *
 * @param failing the run of the seed as it is
 * @param run runs the seed with all changes suppressed but those of some keys
 */
export function shrink(failing: RunResult, run: (kept: ReadonlySet<string>) => RunResult): RunResult {
  let best = failing;
  let runs = 0;
  const untilMs = performance.now() + MOST_MS;
  const isTired = (): boolean => runs === MOST_RUNS || performance.now() > untilMs;
  const kind = kindOf(failing);

  /** Runs the seed without some changes. Returns true if it still fails in the same way. */
  const failsWithout = (suppressed: ReadonlySet<string>): boolean => {
    const keys = best.changes.map(keyOf).filter((key) => !suppressed.has(key));
    if (isTired() || keys.length === best.changes.length) return false;
    runs += 1;
    const result = run(new Set(keys));
    if (result.failure === null || kindOf(result) !== kind) return false;
    best = result;
    return true;
  };

  if (failsWithout(new Set(best.changes.map(keyOf)))) return best;
  for (const purpose of new Set(best.changes.map(({ stream }) => stream.purpose))) {
    failsWithout(new Set(best.changes.filter(({ stream }) => stream.purpose === purpose).map(keyOf)));
  }
  let size = Math.ceil(best.changes.length / 2);
  while (size >= 1 && !isTired()) {
    let found = false;
    for (let start = 0; start < best.changes.length;) {
      const part = best.changes.slice(start, start + size).map(keyOf);
      if (failsWithout(new Set(part))) found = true;
      else start += size;
    }
    if (size === 1 && !found) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}

/** Two failures of the same kind are probably the same one: messages may differ in numbers and names. */
function kindOf({ failure }: RunResult): string {
  const { error, host } = failure!;
  const { code } = Object(error) as { code?: unknown };
  return `${String(host)} ${isError(error) ? error.name : String(error)} ${String(code)}`;
}
