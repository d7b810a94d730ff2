/**
 * Runs the scenarios with one fault after the other, in one process with one selector: `npm run test:faults` starts it under inject.c.
 *
 * The plan comes as JSON in argv: `{ mode, selector, scenarios, calls, quick, from }`. Each cell of the table is announced and then reported
 * on stdout, one line of JSON each, so that the parent knows which cell hangs or ends the process. The first `from` cells are left out.
 */

import { writeSync } from 'node:fs';

import { LoopError, OSError, ResolutionError, TimeoutError, getRunningLoop, run, runSync, waitFor } from 'selectloop';

import { childProcesses, newDescriptors, openDescriptors, settles, someOf } from '../campaign/processes.mjs';
import { FaultControl } from './control.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { faultsOf } from './table.mjs';

const plan = JSON.parse(process.argv[2]);
const control = new FaultControl(process.env.SELECTLOOP_FAULTS);
/** How long a scenario may wait for what a single fault has taken away. The longest pause of the library is accept's second. */
const LIMIT_MS = 5000;
/** The same for a transfer of single bytes, each of which may take a wait. */
const SHORT_LIMIT_MS = 30_000;
/** The same for a fault that stays: nothing can recover from some of them. */
const LASTING_LIMIT_MS = 300;
/** A scenario that has reached its limit gets this many times the usual limit: the machine may be busy. */
const PATIENCE = 4;
const MOST_CPU_MS = 1000;
const SETTLE_MS = 2000;

const print = (value) => writeSync(1, `${JSON.stringify(value)}\n`);

/** Errors and warnings that no scenario expects. */
let stray = [];
process.on('unhandledRejection', (error) => stray.push(`unhandled rejection: ${error?.stack ?? error}`));
process.on('uncaughtException', (error) => stray.push(`uncaught: ${error?.stack ?? error}`));
process.on('warning', (warning) => stray.push(`${warning.name}: ${warning.message}`));

/** The codes of an error and of everything that it contains. */
function* codesOf(error, depth = 0) {
  if (error === null || typeof error !== 'object' || depth > 5) return;
  if (error.code !== undefined) yield error.code;
  yield* codesOf(error.cause, depth + 1);
  for (const part of error.errors ?? []) yield* codesOf(part, depth + 1);
}

/** True for the errors with which the library reports a failure of the system. */
function isClear(error) {
  return (
    error instanceof OSError ||
    error instanceof ResolutionError ||
    error instanceof LoopError ||
    error?.errors !== undefined
  );
}

/** Runs a scenario once, and once more with patience if it has reached its limit, unless it has reported a fault that stays. */
async function attempt(scenario, fault) {
  const usualMs = fault?.error === 'SHORT' ? SHORT_LIMIT_MS : LIMIT_MS;
  const limitMs = fault?.every === 1 ? LASTING_LIMIT_MS : usualMs;
  const first = await attemptWithin(limitMs, scenario, fault);
  const waits = fault?.every === 1 && names(fault, first);
  return first.thrown instanceof TimeoutError && !waits
    ? await attemptWithin(PATIENCE * usualMs, scenario, fault)
    : first;
}

/** True if one of the errors names the fault. */
function names(fault, { thrown, noted }) {
  return [thrown, ...noted].some((error) => [...codesOf(error)].includes(fault.error));
}

async function attemptWithin(limitMs, scenario, fault) {
  const noted = [];
  const main = function* () {
    getRunningLoop().setExceptionHandler((_, { message, exception }) => noted.push(exception ?? new Error(message)));
    yield* waitFor(
      SCENARIOS[scenario]((error) => noted.push(error)),
      limitMs,
    );
  };
  const cpu = process.cpuUsage();
  let thrown = null;
  control.start(fault);
  try {
    if (plan.mode === 'blocking') runSync(main, { selector: plan.selector });
    else await run(main, { selector: plan.selector });
  } catch (error) {
    thrown = error;
  }
  const { fired, counts } = control.stop();
  const { user, system } = process.cpuUsage(cpu);
  return { thrown, noted, fired, counts, cpuMs: (user + system) / 1000 };
}

const totalOf = (counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** What is wrong with the outcome of a cell, or null. */
function problemOf(fault, { thrown, noted, fired, counts, cpuMs }, usual) {
  const total = totalOf(counts);
  // Cut short to single bytes, a transfer may take two calls and a wait for each byte.
  const most = 20 * usual + (fault.error === 'SHORT' ? 600_000 : 5000);
  if (total > most) return `a spin: ${total} calls, ${usual} without a fault`;
  if (cpuMs > (fault.error === 'SHORT' ? 5 : 1) * MOST_CPU_MS) return `a spin: ${cpuMs.toFixed(0)} ms of CPU`;
  const errors = [thrown, ...noted].filter((error) => error !== null);
  const wrong = noted.find((error) => !(error instanceof Error));
  if (wrong !== undefined) return `an error that is none was reported: ${wrong}`;
  if (thrown === null) return null;
  const injected = names(fault, { thrown, noted });
  if (fired === 0) return `no call was changed, but the scenario failed: ${thrown.stack}`;
  if (thrown instanceof TimeoutError && fault.every !== 1) return 'a hang: a single fault, and the time limit';
  if (thrown instanceof TimeoutError && !injected) return 'a hang: the time limit, and no report of the fault';
  if (!injected) return `the error does not name the fault: ${thrown.stack}`;
  if (!errors.some((error) => isClear(error) && [...codesOf(error)].includes(fault.error)))
    return `the error is not of the library: ${thrown.stack}`;
  return null;
}

function outcomeOf({ thrown, noted, fired }) {
  if (fired === 0) return 'not reached';
  if (thrown === null) return noted.length === 0 ? 'recovered' : 'reported, continued';
  return thrown instanceof TimeoutError ? 'reported, then waited' : 'reported';
}

/** Files are the scenario's own: its `finally` does not run if the loop can no longer wait. */
const descriptorsLeft = (before) => newDescriptors(before).filter((entry) => !entry.includes(' -> /'));

async function leftBy(before, children) {
  const done = () => descriptorsLeft(before).length === 0 && childProcesses().length <= children;
  if (await settles(done, SETTLE_MS)) return null;
  const descriptors = descriptorsLeft(before);
  if (descriptors.length > 0) return `descriptors are left: ${someOf(descriptors)}`;
  return `children are left: ${someOf(childProcesses())}`;
}

async function runCell(scenario, fault, usual) {
  stray = [];
  const children = childProcesses().length;
  const before = openDescriptors();
  const attempted = await attempt(scenario, fault);
  await new Promise((resolve) => setImmediate(resolve));
  const problem = problemOf(fault, attempted, usual) ?? (await leftBy(before, children)) ?? stray[0] ?? null;
  return { outcome: outcomeOf(attempted), problem };
}

let index = 0;
for (const scenario of plan.scenarios) {
  // The first run loads what is loaded lazily, the second one counts the calls.
  await attempt(scenario, null);
  const { thrown, counts } = await attempt(scenario, null);
  if (thrown !== null) {
    print({ scenario, fatal: `fails without a fault: ${thrown.stack}` });
    process.exit(1);
  }
  for (const [call, count] of counts) {
    if (!plan.calls.includes(call)) continue;
    for (const fault of faultsOf(call, count)) {
      if (plan.quick && (fault.from !== 0 || fault.every !== 0)) continue;
      index += 1;
      if (index <= plan.from) continue;
      print({ index, scenario, fault });
      print({ index, ...(await runCell(scenario, fault, totalOf(counts))) });
    }
  }
}
control.close();
print({ done: index });
process.exit(0);
