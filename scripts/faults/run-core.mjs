/**
 * Runs the scenarios, hosted and blocking, on three selectors, in the surroundings that this process was started in.
 *
 *     node run-core.mjs [RESULT] -- reports on stdout, or in the file RESULT, for a process without a stdout
 *
 * The report is JSON: for each scenario the sorted outcomes, 'ok' or the code of the error.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { getRunningLoop, run, runSync, waitFor } from 'selectloop';

import { SCENARIOS } from './scenarios.mjs';

const LIMIT_MS = 20_000;
// Node needs more descriptors to load its modules than to run, so the limit comes afterwards.
const { DESCRIPTORS } = process.env;
if (DESCRIPTORS !== undefined)
  execFileSync('prlimit', ['--pid', process.pid, `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
const outcomes = {};

async function outcomeOf(name, mode, selector) {
  const noted = [];
  const main = function* () {
    getRunningLoop().setExceptionHandler((_, { message, exception }) => noted.push(exception ?? new Error(message)));
    yield* waitFor(
      SCENARIOS[name]((error) => noted.push(error)),
      LIMIT_MS,
    );
  };
  try {
    if (mode === 'blocking') runSync(main, { selector });
    else await run(main, { selector });
  } catch (error) {
    noted.unshift(error);
  }
  return noted.length === 0 ? 'ok' : (noted[0].code ?? noted[0].name);
}

for (const name of Object.keys(SCENARIOS)) {
  const found = new Set();
  for (const selector of ['select', 'poll', 'epoll'])
    for (const mode of ['hosted', 'blocking']) found.add(await outcomeOf(name, mode, selector));
  outcomes[name] = [...found].sort();
}
const report = JSON.stringify(outcomes);
if (process.argv[2] === undefined) console.log(report);
else writeFileSync(process.argv[2], report);
