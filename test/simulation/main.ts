/** `npm run simulate`: the examples on simulated hosts, for many seeds. */

import { parseArgs } from 'node:util';

import { simulate } from 'selectloop/simulation';

import { SCENARIOS } from './examples/index.js';

const USAGE = `npm run simulate -- [--only NAME ...] [--seeds N] [--from N]

  --only NAME   ${Object.keys(SCENARIOS).join(', ')}; may be given several times (default: all)
  --seeds N     how many seeds of each (default 100000)
  --from N      the first seed (default 1)
SELECTLOOP_SEED=N in the environment runs the seed N alone.`;

interface Plan {
  readonly names: readonly string[];
  readonly seeds: number;
  readonly firstSeed: number;
}

/** Reads the options. Returns null if they are wrong. */
function planOf(args: string[]): Plan | null {
  try {
    const options = {
      only: { type: 'string', multiple: true },
      seeds: { type: 'string', default: '100000' },
      from: { type: 'string', default: '1' },
    } as const;
    const { values } = parseArgs({ args, options });
    const names = values.only ?? Object.keys(SCENARIOS);
    const [seeds, firstSeed] = [Number(values.seeds), Number(values.from)];
    const isValid = Number.isInteger(seeds) && seeds > 0 && Number.isInteger(firstSeed) && firstSeed >= 0;
    return isValid && names.every((name) => Object.hasOwn(SCENARIOS, name)) ? { names, seeds, firstSeed } : null;
  } catch {
    return null;
  }
}

/** Runs one example. Returns true if all seeds pass. */
function run(name: string, seeds: number, firstSeed: number): boolean {
  const { options, build } = SCENARIOS[name]!;
  const began = performance.now();
  console.error = () => undefined; // what the examples report
  const outcome = simulate({ ...options, seeds, firstSeed }, build);
  const perMinute = Math.round(outcome.seeds / ((performance.now() - began) / 60_000));
  const hours = Math.round(outcome.virtualMs / 3_600_000);
  console.log(
    `${name}: ${outcome.seeds} seeds, ${outcome.systemCalls} system calls, ${hours} virtual hours, ${perMinute} seeds a minute`,
  );
  if (outcome.failure === null) return true;
  console.log(outcome.failure.message);
  console.log(outcome.failure.log.slice(-20).join('\n'));
  console.log(outcome.failure.cause);
  return false;
}

const plan = planOf(process.argv.slice(2));
if (plan === null) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const results = plan.names.map((name) => run(name, plan.seeds, plan.firstSeed));
  process.exitCode = results.every(Boolean) ? 0 : 1;
}
