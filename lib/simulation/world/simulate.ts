/** `simulate`: runs programs on simulated hosts, for many seeds. */

import { outOfRange, wrongType } from '../../errors/index.js';
import { Recorder } from '../../trace/recorder.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import { keyOf } from './draws.js';
import { SimulationFailure } from './failure.js';
import { type Settings, checkedOptions, seedOfEnvironment } from './options.js';
import { type RunResult, runSeed } from './run-seed.js';
import { shrink } from './shrink.js';
import type { Build, SimulateOptions, SimulationOutcome } from './types.js';

/** The sums over all seeds. */
interface Totals {
  seeds: number;
  virtualMs: number;
  systemCalls: number;
}

/** A run of a seed. */
interface Shown {
  readonly seed: number;
  /** The host whose loop is shown; null: the first. */
  readonly host: string | null;
  /** The keys of the changes that are not suppressed; null: none is. */
  readonly kept: ReadonlySet<string> | null;
}

/**
 * Runs the programs of several hosts on a simulated kernel and a simulated network, in virtual time, once for each seed. The seed decides
 * about everything that is random: the order of the hosts, the latency and the losses of their links, and the faults. So a seed that fails
 * can be repeated exactly.
 *
 * Programs are generator coroutines, and use this library as they do elsewhere. The run ends when the program of the host that `build` returns
 * has ended, or else when all have; then the links are repaired, faults stop, and the other programs are cancelled. It fails if a program
 * fails, or an error that is no OSError reaches the exception handler of a loop; if a check of `world.always` or an action of `world.at` throws; if nothing
 * can happen, or `limitMs` have passed; if a program has left a descriptor open; or if a second run of the seed makes other system
 * calls than the first. A failing seed is shrunk: the failure lists the changes that it needs.
 *
 * During a run, `Math.random`, `Date` and `performance.now` are those of the simulation; `setTimeout`, `setInterval`, `setImmediate` and
 * `fetch` throw an Error. Files, TLS and child processes are absent: their calls fail with ENOSYS.
 *
 * @param build makes the world of one run: adds hosts and schedules what happens to them. It is called for each run
 * @throws TypeError or RangeError for invalid options; what `build` throws; a failing seed is not thrown, but `failure` of the result
 *
 * @example
 * import { openConnection, startServer } from 'selectloop';
 * import { simulate } from 'selectloop/simulation';
 *
 * const outcome = simulate({ seeds: 20, latencyMs: [5, 40], loss: 0.01 }, (world) => {
 *   world.host('server', function* () {
 *     const server = yield* startServer(function* (reader, writer) {
 *       writer.write(yield* reader.readline());
 *       writer.close();
 *     }, 'server', 7000);
 *     yield* server.serveForever();
 *   });
 *   world.at(3, () => world.partition('client', 'server'));
 *   world.at(900, () => world.repair('client', 'server'));
 *   return world.host('client', function* () {
 *     const { reader, writer } = yield* openConnection('server', 7000);
 *     writer.write(Buffer.from('hello\n'));
 *     if (String(yield* reader.readline()) !== 'hello\n') throw new Error('expected the line back');
 *     writer.close();
 *   });
 * });
 * console.log(outcome.failure); // null
 */
export function simulate(options: SimulateOptions, build: Build): SimulationOutcome {
  const settings = checkedOptions('simulate', options);
  if (typeof build !== 'function') throw wrongType('simulate: build', 'a function', build);
  const chosen = seedOfEnvironment();
  const first = chosen ?? settings.firstSeed;
  const end = chosen === null ? first + settings.seeds : first + 1;
  const totals = { seeds: 0, virtualMs: 0, systemCalls: 0 };
  for (let seed = first; seed < end; seed += 1) {
    const result = runSeed(seed, settings, build);
    totals.seeds += 1;
    totals.virtualMs += result.endNs / NANOSECONDS_PER_MS;
    totals.systemCalls += result.calls.length;
    const failing = settings.compareRuns ? compared(seed, result, settings, build) : result;
    if (failing.failure === null) continue;
    return failed(seed, failing, totals, settings, build);
  }
  const shown = { seed: end - 1, host: null, kept: null };
  return { ...totals, failure: null, trace: (host) => record(settings, build, shown, host) };
}

/** A second run of a seed has made other system calls. */
class NotRepeatableError extends Error {
  override readonly name = 'NotRepeatableError';
}

/** Runs a seed a second time. Returns the first result, which fails if the second run has made other calls. */
function compared(seed: number, first: RunResult, settings: Settings, build: Build): RunResult {
  const second = runSeed(seed, settings, build);
  const difference = first.calls.difference(second.calls);
  if (difference === null) return first;
  const message = `two runs of the seed differ, so the program depends on something else than its seed: ${difference}`;
  return { ...first, failure: { host: null, error: new NotRepeatableError(message), atNs: first.endNs } };
}

function failed(seed: number, result: RunResult, totals: Totals, settings: Settings, build: Build): SimulationOutcome {
  const shrinks = settings.shrink && !(result.failure!.error instanceof NotRepeatableError);
  const smallest = shrinks ? shrink(result, (kept) => runSeed(seed, settings, build, { kept })) : result;
  const failure = new SimulationFailure(seed, smallest.failure!, smallest.changes, smallest.lines, shrinks);
  const kept = shrinks ? new Set(smallest.changes.map(keyOf)) : null;
  const shown = { seed, host: failure.host, kept };
  return { ...totals, failure, trace: (host) => record(settings, build, shown, host) };
}

/** Runs a seed once more, and records the loop of a host. */
function record(settings: Settings, build: Build, shown: Shown, host = shown.host): Recorder {
  const recorder = new Recorder();
  let taken = false;
  const recorderFor = (name: string): Recorder | null => {
    if (taken || (host !== null && name !== host)) return null;
    taken = true;
    return recorder;
  };
  runSeed(shown.seed, settings, build, { kept: shown.kept, recorderFor });
  if (!taken) throw outOfRange('trace: host', 'the name of a host', host);
  return recorder;
}
