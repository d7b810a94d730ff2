/** Selects scenarios and contenders by `--only` and `--full`. */

import { closestMatch } from 'leven';

import { BenchError } from './bench-error.js';
import { CONTENDERS } from './contenders.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** How many similar names an error message suggests. */
const SUGGESTIONS = 3;

/** Returns every name that `--only` accepts: scenarios, groups and contenders. */
function knownNames(): string[] {
  const names = SCENARIOS.flatMap(({ id, group }) => [id, group]);
  return [...new Set([...names, ...CONTENDERS.map(({ id }) => id)])];
}

/** Returns the known names that resemble an unknown one, the most similar first. */
function nearest(wanted: string): string[] {
  let names = knownNames();
  const found: string[] = [];
  while (found.length < SUGGESTIONS) {
    const best = closestMatch(wanted, names);
    if (best === undefined) break;
    found.push(best);
    names = names.filter((name) => name !== best);
  }
  return found;
}

function checkNames(only: readonly string[]): void {
  const known = knownNames();
  for (const name of only) {
    if (known.includes(name)) continue;
    throw new BenchError(
      `--only: unknown name "${name}"; similar names are ${nearest(name).join(', ')} (--list shows all)`,
    );
  }
}

/**
 * Returns the scenarios to run, each with its contenders.
 *
 * Names of scenarios or groups select scenarios, including those that otherwise need `--full`. Names of contenders select
 * contenders; the baselines of a scenario are kept as long as one of the selected contenders takes part in it.
 */
export function select(only: readonly string[], full: boolean): Scenario[] {
  checkNames(only);
  const chosen = SCENARIOS.filter(({ id, group }) => only.includes(id) || only.includes(group));
  const contenders = CONTENDERS.map(({ id }) => id).filter((id) => only.includes(id));
  const scenarios = chosen.length > 0 ? chosen : SCENARIOS.filter(({ main }) => full || main);
  if (contenders.length === 0) return scenarios;
  return scenarios
    .map((scenario) => withOnly(scenario, contenders))
    .filter((scenario) => scenario.contenders.length > 0);
}

function withOnly(scenario: Scenario, wanted: readonly string[]): Scenario {
  const taking = scenario.contenders.filter((id) => wanted.includes(id));
  if (taking.length === 0) return { ...scenario, contenders: [] };
  const kept = scenario.contenders.filter((id) => taking.includes(id) || scenario.baselines.includes(id));
  return { ...scenario, contenders: kept };
}

/** What `--server` is measured beside if `--only` says nothing else. */
const BESIDE_YOURS = ['echo-64x100', 'c-epoll', 'c-libuv', 'protocol', 'streams', 'node-net'];

/** Returns the scenarios for the servers of `--server`: those of an echo over TCP, with `yours` as their first contenders. */
export function selectFor(yours: readonly string[], only: readonly string[], full: boolean): Scenario[] {
  if (yours.length === 0) return select(only, full);
  const scenarios = select(only.length === 0 ? BESIDE_YOURS : only, full).filter(({ measure }) =>
    ['closed', 'open', 'connect'].includes(measure.kind),
  );
  if (scenarios.length === 0) throw new BenchError('--server: expected --only to name a scenario of an echo over TCP');
  return scenarios.map((scenario) => ({ ...scenario, contenders: [...yours, ...scenario.contenders] }));
}
