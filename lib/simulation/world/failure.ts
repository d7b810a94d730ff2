/** The failure of a seed. */

import { describeError } from '../../errors/index.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import type { Change } from './draws.js';

/** Why a run has failed. */
export interface Failed {
  /** The host whose program or turn it was; null: none. */
  readonly host: string | null;
  readonly error: unknown;
  readonly atNs: number;
}

/** At most as many changes are listed in the message. */
const LISTED_CHANGES = 5;

/** What a failing seed needs in order to fail. */
export interface SimulationChange {
  /** What happened: "the reset of a connection from client to server". */
  readonly what: string;
  /** The virtual time, in milliseconds. */
  readonly timeMs: number;
}

/**
 * A seed has failed. `cause` is the error. The message names the seed, the virtual time, the changes that the failure needs, and the command
 * that repeats it.
 */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
  readonly code = 'ERR_SIMULATION_FAILED';
  readonly seed: number;
  /** The virtual time of the failure, in milliseconds. */
  readonly timeMs: number;
  /** The host whose program has failed, or after whose turn a check did; null: none of them. */
  readonly host: string | null;
  /** The changes that the failure needs: with `shrink: false` all that were made. */
  readonly changes: readonly SimulationChange[];
  /** The lines of `world.log`. */
  readonly log: readonly string[];
  /** The command that runs this seed alone. */
  readonly command: string;

  /** @internal */
  constructor(seed: number, failed: Failed, changes: readonly Change[], log: readonly string[], isShrunk: boolean) {
    const timeMs = failed.atNs / NANOSECONDS_PER_MS;
    const made = changes.map(({ text, atNs }) => ({ what: text(), timeMs: atNs / NANOSECONDS_PER_MS }));
    const command = commandFor(seed);
    const place = failed.host === null ? '' : ` on ${failed.host}`;
    super(
      [
        `seed ${seed} fails at ${timeMs} ms${place}: ${describeError(failed.error)}`,
        ...(isShrunk ? linesOf(made) : []),
        `  repeat it: ${command}`,
      ].join('\n'),
      { cause: failed.error },
    );
    this.seed = seed;
    this.timeMs = timeMs;
    this.host = failed.host;
    this.changes = made;
    this.log = log;
    this.command = command;
  }
}

function linesOf(changes: readonly SimulationChange[]): string[] {
  const texts = changes.map(({ what, timeMs }) => `${what} at ${timeMs} ms`);
  const [only] = texts;
  if (only === undefined) return ['  it fails without any fault'];
  if (texts.length === 1) return [`  it fails with one change: ${only}`];
  const listed = texts.slice(0, LISTED_CHANGES).map((text) => `    ${text}`);
  const more = texts.length - listed.length;
  return [`  it fails with ${texts.length} changes:`, ...listed, ...(more > 0 ? [`    and ${more} more`] : [])];
}

/** Test runners start tests from a file of their own. They are recognised by a variable. */
const RUNNERS = { VITEST: 'npx vitest run', JEST_WORKER_ID: 'npx jest' } as const;

/** Returns the command with which the process was started, as far as it is known, with the seed. */
function commandFor(seed: number): string {
  const { env, argv, execArgv } = process;
  const folder = `${process.cwd()}/`;
  const path = argv[1] ?? '';
  const file = path.startsWith(folder) ? path.slice(folder.length) : path;
  return `SELECTLOOP_SEED=${seed} ${command()}`;

  function command(): string {
    if (!/(^|\/)node_modules\//.test(file))
      return `${execArgv.some((arg) => arg.includes('/tsx/')) ? 'npx tsx' : 'node'} ${file}`;
    const script = env['npm_lifecycle_event'];
    if (script !== undefined && script !== 'npx') return script === 'test' ? 'npm test' : `npm run ${script}`;
    return Object.entries(RUNNERS).find(([name]) => env[name] !== undefined)?.[1] ?? `node ${file}`;
  }
}
