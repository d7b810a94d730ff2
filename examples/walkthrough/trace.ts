/** Shared by the programs of the walkthrough: prints lines with the time, and parses the option `--scale`. */

import { parseArgs } from 'node:util';

import { getRunningLoop } from 'selectloop';

/** Prints a line. */
export type Say = (text: string) => void;

/**
 * Starts the clock, and returns a function that prints a line with the seconds since then.
 *
 * @param scale how long a second of the program really takes; 0.1 runs ten times as fast
 * @param now returns the time in milliseconds; default: the time of the running loop
 */
export function startTrace(scale: number, now?: () => number): Say {
  const loop = now === undefined ? getRunningLoop() : null;
  const time = now ?? (() => loop!.time());
  const startMs = time();
  return (text) => {
    const seconds = Math.round((time() - startMs) / (1000 * scale));
    console.log(`t=${String(seconds).padEnd(2)} ${text}`);
  };
}

/** Parses `--scale`, the only option of most of the programs; `usual` is its default. */
export function scaleFrom(args: string[], usual = 1): number {
  const { values } = parseArgs({ args, options: { scale: { type: 'string' } } });
  return Number(values.scale ?? usual);
}
