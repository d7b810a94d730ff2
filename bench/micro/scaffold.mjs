/**
 * Shared by the micro benchmarks in JavaScript: the command line, and the loop that measures the rounds of a case.
 *
 * A case is `{ operations, round, cleanUp? }`. `round` does the measured operation `operations` times and is timed as a whole, so that
 * reading the clocks costs at most a few nanoseconds per operation. It is a generator function or an async function, which runs on the
 * loop that is measured. `cleanUp` receives the result of the round, and is not timed.
 */

import { parseArgs } from 'node:util';

/** The warm-up takes as long as the run, but at most this long: V8 has compiled a hot loop well before. */
const LONGEST_WARM_UP_SECONDS = 0.5;

const MISUSE = 2;

/** Sums the time of the rounds, without the time between two of them. */
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
    const { user, system } = process.cpuUsage(this.#cpuAtStart); // of all threads, because V8 compiles and collects garbage in others
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
    yield; // lets the loop do its own work after a round that did not yield to it
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
    return misused(program, error.message.split(/\.\s/)[0]); // without the advice on quoting that follows
  }
}

/**
 * Runs the command line of a program: `--list`, or `CASE --seconds S`, which prints the result of `measure(case, seconds, values)`.
 *
 * @param choices further options of the program, each with its allowed values
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
  if (!Object.hasOwn(cases, name)) misused(program, `expected a case from --list, got '${name}'`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds < Infinity)) {
    misused(program, `--seconds: expected a number > 0, got '${values.seconds}'`);
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

/** The sizes of the cases, which are the same in every language: asyncio.py has a copy of them. */
export const CALLBACKS = 10_000;
export const TIMERS = 10_000;
export const DUE_TIMERS = 50_000;
export const SPAWNS = 1_000;
/** Pairs of tasks that run concurrently. They share each poll of the selector, as the tasks of a busy server do. */
export const PAIRS = 50;
export const TURNS = 100;
export const GATHERED = 100;
export const GATHERS = 10;

/**
 * The delays of timers that will not fire: 100 different lengths from 60 to 159 seconds. Real programs use few different timeouts, which
 * is the best case for Node, because it keeps a list for each length. For a heap of deadlines it makes no difference.
 */
export const FAR_DELAYS_MS = Array.from({ length: TIMERS }, (_, i) => 60_000 + ((i * 37) % 100) * 1_000);

/** The delay of timers that fire: one millisecond, the minimum of setTimeout. The first is due before the last is set. */
export const DUE_DELAY_MS = 1;
