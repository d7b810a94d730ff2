/**
 * What the micro benchmarks in JavaScript share: their command line, and the loop that times the rounds of a case.
 *
 * A case is `{ operations, round, cleanUp? }`. `round` does `operations` of what is counted and is timed as a whole, so that reading
 * the clocks costs a few nanoseconds an operation at most. It is a generator function or an async function, run by the loop
 * that is measured. `cleanUp` gets what the round returned, and is not timed.
 */

import { parseArgs } from 'node:util';

/** The compilers of V8 are done with a hot loop well before. A run of less than this is warmed up as long as it lasts. */
const LONGEST_WARM_UP_SECONDS = 0.5;

const MISUSE = 2;

/** Adds up what the rounds took; what is between two of them does not count. */
class Meter {
  operations = 0;
  seconds = 0;
  cpuSeconds = 0;
  #startedAt = 0;
  #cpuAtStart = process.cpuUsage();

  start() {
    this.#cpuAtStart = process.cpuUsage();
    this.#startedAt = performance.now();
  }

  stop(operations) {
    this.seconds += (performance.now() - this.#startedAt) / 1000;
    const { user, system } = process.cpuUsage(this.#cpuAtStart); // of all threads: V8 collects and compiles in others
    this.cpuSeconds += (user + system) / 1e6;
    this.operations += operations;
  }
}

function* roundsInSteps({ operations, round, cleanUp }, seconds) {
  const meter = new Meter();
  while (meter.seconds < seconds) {
    meter.start();
    const result = yield* round();
    meter.stop(operations);
    cleanUp?.(result);
    yield; // the loop's own housekeeping, after a round that never gave it a turn
  }
  return meter;
}

async function roundsAwaited({ operations, round, cleanUp }, seconds) {
  const meter = new Meter();
  while (meter.seconds < seconds) {
    meter.start();
    const result = await round();
    meter.stop(operations);
    cleanUp?.(result);
    await new Promise(setImmediate);
  }
  return meter;
}

const warmUpFor = (seconds) => Math.min(seconds, LONGEST_WARM_UP_SECONDS);

/** Measures a case whose rounds are generator coroutines. */
export function* measureSteps(benchmark, seconds) {
  yield* roundsInSteps(benchmark, warmUpFor(seconds));
  return yield* roundsInSteps(benchmark, seconds);
}

/** Measures a case whose rounds are async functions. */
export async function measureAwaited(benchmark, seconds) {
  await roundsAwaited(benchmark, warmUpFor(seconds));
  return await roundsAwaited(benchmark, seconds);
}

function misused(program, message) {
  process.stderr.write(`${program}: ${message}\n`);
  process.exit(MISUSE);
}

function readArguments(program, options) {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { list: { type: 'boolean' }, seconds: { type: 'string', default: '1' }, ...options },
    });
  } catch (error) {
    return misused(program, error.message.split(/\.\s/)[0]); // without advice on how to quote
  }
}

/**
 * The command line of a program: `--list`, or `CASE --seconds S`, which prints what `measure(case, seconds, values)` counted.
 *
 * @param choices further options of the program, each with the values it may have
 */
export async function main(program, cases, measure, choices = {}) {
  const strings = Object.fromEntries(Object.keys(choices).map((option) => [option, { type: 'string' }]));
  const { values, positionals } = readArguments(program, strings);
  if (values.list) {
    console.log(JSON.stringify(Object.keys(cases)));
    return;
  }
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) misused(program, `expected one case, got ${positionals.length}`);
  if (!Object.hasOwn(cases, name)) misused(program, `expected a case of --list, got '${name}'`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds < Infinity)) {
    misused(program, `--seconds: expected a number above 0, got '${values.seconds}'`);
  }
  for (const [option, allowed] of Object.entries(choices)) {
    const value = values[option];
    if (value !== undefined && !allowed.includes(value)) {
      misused(program, `--${option}: expected ${allowed.join(' or ')}, got '${value}'`);
    }
  }
  const { operations, seconds: measured, cpuSeconds } = await measure(cases[name], seconds, values);
  console.log(JSON.stringify({ case: name, operations, seconds: measured, cpuSeconds }));
}

/** How much the cases do, the same in every language: asyncio.py has its own copy of these numbers. */
export const CALLBACKS = 10_000;
export const TIMERS = 10_000;
export const DUE_TIMERS = 50_000;
export const SPAWNS = 1_000;
/** Pairs of tasks that are busy at the same time. They share each select, as the tasks of a busy server do. */
export const PAIRS = 50;
export const TURNS = 100;
export const GATHERED = 100;
export const GATHERS = 10;

/**
 * Delays of timers that are not going to fire: 60 to 160 seconds, of 100 different lengths. Programs have few different timeouts,
 * and Node, which keeps a list for each, is at its best then; to a heap of points in time it makes no difference.
 */
export const FAR_DELAYS_MS = Array.from({ length: TIMERS }, (_, i) => 60_000 + ((i * 37) % 100) * 1_000);

/** The delay of timers that fire: one millisecond, the least that setTimeout can. The first is due before the last is set. */
export const DUE_DELAY_MS = 1;
