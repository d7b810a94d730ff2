/** The options of `npm run bench`. */

import { parseArgs } from 'node:util';

import { BenchError, messageOf } from './bench-error.js';

/** Kinds of traces, and the flag of Node that prints each. */
export const TRACES = { gc: '--trace-gc', deopt: '--trace-deopt' } as const;

/** What the options say. */
export interface Settings {
  readonly only: readonly string[];
  readonly full: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly list: boolean;
  readonly help: boolean;
  readonly json: string | null;
  readonly trace: keyof typeof TRACES | null;
  readonly render: string | null;
  readonly publish: boolean;
}

/** The lines of `--help`. */
export const USAGE = `npm run bench -- [options]: measures selectloop and its peers side by side

  --only NAME    a scenario, a group of them, or a contender; may be repeated (--list has the names)
  --full         everything, not only the main table: an hour instead of 7 minutes
  --rounds N     how often each is measured, in turn (5)
  --seconds S    how long each measurement takes, after a warm-up (1)
  --list         what there is to measure
  --json FILE    write the results there as well
  --trace KIND   of one scenario and one contender that runs on Node: gc or deopt, into .bench/trace-KIND.txt
  --publish      write the report and the plots into bench/results, not .bench/results
  --render FILE  measure nothing: make the report of the results in this file
  --help         this`;

function positive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && value < 1e6 && (!whole || Number.isInteger(value))) return value;
  throw new BenchError(`--${option}: expected a ${whole ? 'whole ' : ''}number above 0, got "${text}"`);
}

function traceOf(text: string | undefined): keyof typeof TRACES | null {
  if (text === undefined || text === 'gc' || text === 'deopt') return text ?? null;
  throw new BenchError(`--trace: expected gc or deopt, got "${text}"`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        full: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '1' },
        list: { type: 'boolean', default: false },
        json: { type: 'string' },
        trace: { type: 'string' },
        publish: { type: 'boolean', default: false },
        render: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BenchError(`${messageOf(error).split(/\.\s/)[0]!}; --help has the options`);
  }
}

/** Reads the options; BenchError for those that are wrong. */
export function settingsOf(args: readonly string[]): Settings {
  const values = parse(args);
  return {
    only: values.only,
    full: values.full,
    rounds: positive('rounds', values.rounds, true),
    seconds: positive('seconds', values.seconds, false),
    list: values.list,
    help: values.help,
    json: values.json ?? null,
    trace: traceOf(values.trace),
    render: values.render ?? null,
    publish: values.publish,
  };
}
