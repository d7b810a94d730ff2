/** The options of `npm run bench`. */

import { parseArgs } from 'node:util';

import { BenchError, messageOf } from './bench-error.js';

/** The kinds of traces, each with the flag of Node that prints it. */
export const TRACES = { gc: '--trace-gc', deopt: '--trace-deopt' } as const;

/** The parsed options. */
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
  /** Commands of the shell that take part. */
  readonly servers: readonly string[];
  /** Two files with results. */
  readonly compare: readonly [before: string, after: string] | null;
}

/** The lines of `--help`. */
export const USAGE = `npm run bench -- [options]: compares selectloop with its peers

  --only NAME    measure only this scenario, group or contender; may be repeated (--list shows the names)
  --full         measure everything, not only the main table: an hour instead of 10 minutes
  --rounds N     measure each contender N times, interleaved (default 7)
  --seconds S    length of each measurement after the warm-up (default 1)
  --server CMD   add a server of yours: a command that echoes on TCP port $PORT; may be repeated. Without --only,
                 it is measured beside C, libuv, our protocol and streams, and Node in echo-64x100
  --compare A B  do not measure; tell what changed from the results in file A to those in file B
  --list         list the scenarios and contenders
  --json FILE    also write the results to FILE
  --trace KIND   write a gc or deopt trace of one scenario and one contender on Node to .bench/trace-KIND.txt
  --publish      write the report and the plots to bench/results instead of .bench/results
  --render FILE  do not measure; write the report of the results in FILE
  --help         show this help`;

function positive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && value < 1e6 && (!whole || Number.isInteger(value))) return value;
  throw new BenchError(`--${option}: expected ${whole ? 'an integer' : 'a number'} > 0, got "${text}"`);
}

function traceOf(text: string | undefined): keyof typeof TRACES | null {
  if (text === undefined || text === 'gc' || text === 'deopt') return text ?? null;
  throw new BenchError(`--trace: expected gc or deopt, got "${text}"`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        full: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '7' },
        seconds: { type: 'string', default: '1' },
        server: { type: 'string', multiple: true, default: [] },
        compare: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'string' },
        trace: { type: 'string' },
        publish: { type: 'boolean', default: false },
        render: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new BenchError(`${messageOf(error).split(/\.\s/)[0]!}; --help lists the options`);
  }
}

function comparedFiles(compare: boolean, files: readonly string[]): readonly [string, string] | null {
  const [before, after, more] = files;
  if (!compare) {
    if (before !== undefined) throw new BenchError(`expected options only, got "${before}"; --help lists the options`);
    return null;
  }
  if (before !== undefined && after !== undefined && more === undefined) return [before, after];
  throw new BenchError(`--compare: expected two files with results, got ${files.length}`);
}

/** Parses the options. Throws a BenchError for invalid ones. */
export function settingsOf(args: readonly string[]): Settings {
  const { values, positionals } = parse(args);
  return {
    servers: values.server,
    compare: comparedFiles(values.compare, positionals),
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
