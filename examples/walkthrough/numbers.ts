/**
 * Reproducible random numbers.
 *
 * The programs of this folder are well known from tutorials, which show runs with the numbers below. With these numbers, and with a
 * loop that runs timers with equal due times in order, every run is the same.
 */

import { parseArgs } from 'node:util';

/** Draws the next number: an integer from 0 to 10. */
export type Numbers = () => number;

const RECORDED = [
  4, 4, 0, 4, 7, 4, 4, 8, 10, 7, 8, 4, 7, 1, 6, 9, 3, 9, 7, 10, 0, 1, 0, 1, 9, 0, 5, 10, 5, 8, 2, 5, 5, 0, 3, 1, 5, 6,
  10, 5,
];

/** Draws the forty recorded numbers; after them others, which are the same in every run. */
export function recordedNumbers(): Numbers {
  const others = seededNumbers(RECORDED.length);
  let drawn = 0;
  return () => RECORDED[drawn++] ?? others();
}

/** Draws numbers that depend only on the seed (a linear congruential generator). */
export function seededNumbers(seed: number): Numbers {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * 11);
  };
}

/** The command line of a program with random numbers. */
export interface Settings {
  /** How long a second of the program takes. Default: 0.2, because the published runs take up to half a minute. */
  readonly scale: number;
  readonly numbers: Numbers;
  readonly positionals: readonly string[];
}

/** The options of the programs with random numbers. */
export const SETTINGS = { scale: { type: 'string', default: '0.2' }, seed: { type: 'string' } } as const;

/** Parses `--scale`, `--seed` (without it, the recorded numbers are used) and the positional arguments. */
export function settingsFrom(args: string[]): Settings {
  const { values, positionals } = parseArgs({ args, options: SETTINGS, allowPositionals: true });
  return { scale: Number(values.scale), numbers: numbersFor(values.seed), positionals };
}

/** Returns the numbers for a seed, or the recorded ones without a seed. */
export function numbersFor(seed: string | undefined): Numbers {
  return seed === undefined ? recordedNumbers() : seededNumbers(Number(seed));
}
