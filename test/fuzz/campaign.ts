/** Runs many programs over one transport, and reduces a failing program to the smallest one that still fails. */

import { Generator } from './generate.js';
import { type Medium, mediumNamed } from './media.js';
import { type Item, type Program, programText } from './program.js';
import { type RunSettings, runProgram } from './run-program.js';

/** A fault, with the first seed that shows it. */
export interface Failure {
  readonly seed: number;
  readonly text: string;
}

export interface CampaignSettings {
  /** The seeds: `count` of them from `first` on. */
  readonly first: number;
  readonly count: number;
  /** How long to search for a smaller program, in milliseconds. */
  readonly shrinkMs: number;
  /** Continues after a failure, to find faults of other kinds. Default: false. */
  readonly all?: boolean;
}

const programOf = (medium: Medium, seed: number): Program => new Generator(medium, seed).program();

/** Runs the programs of the given seeds and returns one failure of each kind. */
export async function campaign(
  medium: Medium,
  { first, count, shrinkMs, all = false }: CampaignSettings,
  onProgram: (seed: number) => void = () => undefined,
): Promise<Failure[]> {
  const failures = new Map<string, Failure>();
  for (let seed = first; seed < first + count; seed += 1) {
    onProgram(seed);
    const program = programOf(medium, seed);
    const { violation } = await runProgram(program);
    if (violation === null || failures.has(kindOf(violation))) continue;
    failures.set(kindOf(violation), { seed, text: await failureText(program, violation, shrinkMs) });
    if (!all) break;
  }
  return [...failures.values()];
}

/** Runs the suite's programs over a transport. Throws the report of a failing program. */
export async function fuzz(name: string): Promise<void> {
  const [failure] = await campaign(mediumNamed(name), { first: 1, count: 60, shrinkMs: 20_000 });
  if (failure !== undefined) throw new Error(failure.text);
}

async function failureText(program: Program, violation: string, shrinkMs: number): Promise<string> {
  const smallest = await shrunk(program, violation, shrinkMs);
  const { violation: last, log } = await runProgram(smallest, { logging: true, stallMs: 1000 });
  const repeat = `npm run fuzz -- --transport ${program.transport} --seed ${program.seed} --seeds 1`;
  return [
    `${program.transport}, seed ${program.seed}: ${violation}`,
    `repeat with: ${repeat}`,
    `smallest program that fails, ${smallest.items.length} of ${program.items.length} parts:`,
    programText(smallest),
    last === null ? 'it did not fail when it was run once more' : `which ends with: ${last}`,
    ...log.map((line) => `    ${line}`),
  ].join('\n');
}

/** Normalizes a fault by removing its numbers. */
const kindOf = (violation: string): string => violation.split('\n', 1)[0]!.replace(/\d+/g, 'N');

/** Removes parts, large groups first, and then reduces numbers, as long as the program fails in the same way. */
async function shrunk(program: Program, violation: string, forMs: number): Promise<Program> {
  const end = performance.now() + forMs;
  const kind = kindOf(violation);
  const settings: RunSettings = { stallMs: 500 };
  const fails = async (items: readonly Item[]): Promise<boolean> => {
    if (performance.now() > end) return false;
    const outcome = await runProgram({ ...program, items }, settings);
    return outcome.violation !== null && kindOf(outcome.violation) === kind;
  };
  let { items } = program;
  for (let size = Math.ceil(items.length / 2); size >= 1;) {
    let removed = false;
    for (let at = items.length - size; at > -size; at -= size) {
      const rest = items.filter((_, i) => i < at || i >= at + size);
      if (rest.length === items.length || !(await fails(rest))) continue;
      items = rest;
      removed = true;
    }
    if (!removed || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  return { ...program, items: await smaller(items, fails) };
}

/** Replaces each size by the smallest candidate with which the program still fails. */
async function smaller(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let best = items;
  for (let i = 0; i < best.length; i += 1) {
    const item = best[i]!;
    if (!('action' in item) || item.action.do !== 'write') continue;
    for (const size of [1, 100, 10_000, 100_000, 300_000]) {
      if (size >= item.action.size) break;
      const tried = best.with(i, { ...item, action: { do: 'write', size } });
      if (!(await fails(tried))) continue;
      best = tried;
      break;
    }
  }
  return best;
}
