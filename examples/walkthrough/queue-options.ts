/** Shared by both flavours of asyncq: the command line, and small functions that do not wait. */

import { parseArgs } from 'node:util';

import type { Task } from 'selectloop';

import { type Numbers, SETTINGS, numbersFor } from './numbers.js';

/** The options of asyncq. */
export interface QueueOptions {
  readonly producers?: number;
  readonly consumers?: number;
  /** Every consumer fails at its first item. */
  readonly fail?: boolean;
  readonly scale?: number;
  readonly numbers?: Numbers;
}

/** Parses the command line. */
export function queueOptions(args: string[]): QueueOptions {
  const { values } = parseArgs({
    args,
    options: {
      producers: { type: 'string', short: 'p', default: '3' },
      consumers: { type: 'string', short: 'c', default: '2' },
      fail: { type: 'boolean', default: false },
      ...SETTINGS,
    },
  });
  return {
    producers: Number(values.producers),
    consumers: Number(values.consumers),
    fail: values.fail,
    scale: Number(values.scale),
    numbers: numbersFor(values.seed),
  };
}

/** Returns the numbers from 1 to n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

/** Returns a line for each consumer that failed; those that were cancelled have none. */
export function failures(consumers: readonly Task[]): string[] {
  return consumers.flatMap((task, i) =>
    task.cancelled() ? [] : [`consumer ${i + 1} failed: ${String(task.exception())}`],
  );
}
