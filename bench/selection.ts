/** What `--only` and `--full` choose. */

import { closestMatch } from 'leven';

import { BenchError } from './bench-error.js';
import { CONTENDERS } from './contenders.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** How many names a mistake is answered with. */
const SUGGESTIONS = 3;

/** Every name that `--only` knows: scenarios, their groups, contenders. */
function knownNames(): string[] {
  const names = SCENARIOS.flatMap(({ id, group }) => [id, group]);
  return [...new Set([...names, ...CONTENDERS.map(({ id }) => id)])];
}

/** The names that one that does not exist may have been meant to be, the nearest first. */
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
      `--only: nothing is called "${name}"; near it are ${nearest(name).join(', ')} (--list has all)`,
    );
  }
}

/**
 * The scenarios to run, each with the contenders that take part.
 *
 * Names of scenarios or groups choose scenarios, also those that otherwise need `--full`; names of contenders choose contenders.
 * Whoever the others are divided by takes part as long as somebody is left to be divided.
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
