/** What the programs of the walkthrough share: lines with the time in front, and the switch that makes the seconds shorter. */

import { parseArgs } from 'node:util';

import { getRunningLoop } from 'selectloop';

/** Prints a line. */
export type Say = (text: string) => void;

/**
 * Begins a trace: each line has the whole seconds since now in front.
 *
 * @param scale how long a second of the program really takes: 0.1 is ten times as fast
 * @param now the time in milliseconds; default: that of the running loop
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

/** The value of `--scale`, the only switch of most of the programs; `usual` is what it is without. */
export function scaleFrom(args: string[], usual = 1): number {
  const { values } = parseArgs({ args, options: { scale: { type: 'string' } } });
  return Number(values.scale ?? usual);
}
