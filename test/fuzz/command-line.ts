/** The options of `npm run fuzz`. */

import { parseArgs } from 'node:util';

import { fuzzerNamed, kinds } from './kinds.js';

export interface FuzzSettings {
  /** The number of seeds for each kind; null: as many as there is time for. */
  readonly seeds: number | null;
  readonly seed: number;
  readonly only: readonly string[];
  readonly minutes: number | null;
  readonly all: boolean;
  readonly help: boolean;
}

const DEFAULT_SEEDS = 200;

export const USAGE = `npm run fuzz -- [--seeds N] [--seed S] [--only KIND ...] [--minutes M] [--all]

  --seeds N      how many programs of each kind (default ${DEFAULT_SEEDS}; with --minutes as many as there is time for)
  --seed S       the seed of the first one (default 1)
  --only KIND    ${kinds.map(({ name }) => name).join(', ')} (default: each)
  --minutes M    how long, shared by the kinds
  --all          continue after a failure, and show one program for each kind of fault`;

/** Parses the arguments. Throws an Error whose message is one line. */
export function fuzzSettings(args: readonly string[]): FuzzSettings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', multiple: true },
      minutes: { type: 'string' },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const minutes =
    values.minutes === undefined ? null : numberOf('--minutes', values.minutes, 'a number > 0', (n) => n > 0);
  const seeds =
    values.seeds === undefined
      ? null
      : numberOf('--seeds', values.seeds, 'an integer >= 1', (n) => Number.isInteger(n) && n >= 1);
  const seed = numberOf('--seed', values.seed, 'an integer', Number.isInteger);
  const only = [...new Set(values.only ?? kinds.map(({ name }) => name))];
  for (const name of only) fuzzerNamed(name);
  return {
    seeds: seeds ?? (minutes === null ? DEFAULT_SEEDS : null),
    seed,
    only,
    minutes,
    all: values.all,
    help: values.help,
  };
}

function numberOf(option: string, text: string, expected: string, isRight: (n: number) => boolean): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && isRight(value)) return value;
  throw new RangeError(`${option}: expected ${expected}, got ${JSON.stringify(text)}`);
}
