/**
 * `npm run test:faults`: what the library does when system calls fail, are interrupted, or transfer a single byte, and in surroundings
 * that lack something.
 *
 * The table: each scenario of faults/scenarios.mjs runs once without a fault, which counts its system calls, and then once for each call
 * x error x place, hosted and blocking, on three selectors. A scenario must either finish, or fail with an error that names the fault; it
 * may not hang, spin, print a warning, or leave a descriptor or a child behind. The surroundings are faults/surroundings.mjs.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { environmentWith } from './campaign/processes.mjs';
import { readOptions } from './campaign/options.mjs';
import { endProgress, printTable, showProgress, stopwatch } from './campaign/report.mjs';
import { SCENARIOS } from './faults/scenarios.mjs';
import { CALLS, CONTROL_BYTES } from './faults/control.mjs';
import { SURROUNDINGS, runSurrounding } from './faults/surroundings.mjs';
import { describeFault } from './faults/table.mjs';

const MODES = ['hosted', 'blocking'];
const SELECTORS = ['select', 'poll', 'epoll'];
/** They make every kind of call. */
const QUICK_SCENARIOS = new Set([
  'streams',
  'batches',
  'datagrams',
  'messages',
  'children',
  'names',
  'signals',
  'files',
  'selectors',
]);
const FOLDER = join(import.meta.dirname, 'faults');
/** A cell has two attempts, of at most 30 and 120 seconds (PATIENCE in faults/run-cells.mjs); the process that runs it hangs after this time. */
const SILENCE_MS = 200_000;

const USAGE = `npm run test:faults -- [--only PART ...] [--scenario NAME ...] [--call NAME ...] [--mode MODE ...] [--selector NAME ...] [--quick]

  --only PART        table or surroundings; may be given several times, as all of these (default: both)
  --scenario NAME    ${Object.keys(SCENARIOS).join(', ')}
  --call NAME        a system call, as in faults/inject.c
  --mode MODE        ${MODES.join(', ')}
  --selector NAME    ${SELECTORS.join(', ')}
  --surrounding NAME ${Object.keys(SURROUNDINGS).join(', ')}
  --quick            the part that .ci/run runs: some scenarios, the first call only, epoll only, and some surroundings`;

const options = readOptions(USAGE, {
  choices: {
    only: ['table', 'surroundings'],
    scenario: Object.keys(SCENARIOS),
    call: CALLS,
    mode: MODES,
    selector: SELECTORS,
    surrounding: Object.keys(SURROUNDINGS),
  },
  flags: ['quick'],
});

const folder = mkdtempSync(join(tmpdir(), 'selectloop-faults-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function buildLibrary() {
  const library = join(folder, 'inject.so');
  try {
    execFileSync('g++', ['-x', 'c', '-O1', '-shared', '-fPIC', '-o', library, join(FOLDER, 'inject.c'), '-ldl'], {
      stdio: 'pipe',
    });
  } catch (error) {
    console.error(`test-faults: cannot build faults/inject.c: ${error.stderr ?? error.message}`);
    process.exit(1);
  }
  return library;
}

/** Runs the cells from `plan.from` on, until the process ends. Calls `onLine` for each of its reports. Resolves with how it ended. */
async function runProcess(plan, env, onLine) {
  const child = spawn(process.execPath, ['--expose-gc', join(FOLDER, 'run-cells.mjs'), JSON.stringify(plan)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  let timer = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  createInterface({ input: child.stdout }).on('line', (line) => {
    timer.refresh();
    onLine(JSON.parse(line));
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  clearTimeout(timer);
  return { code, signal, errors };
}

const problems = [];

/** Runs the whole table with one selector, in as many processes as it takes. Returns how often each outcome came. */
async function runTable(mode, selector, scenarios, env) {
  const outcomes = new Map();
  const add = (outcome) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  for (let from = 0, done = false; !done;) {
    const plan = { mode, selector, scenarios, calls: options.call, quick: options.quick, from };
    let cell = null;
    const nameOf = () => `${mode}, ${selector}, ${cell.scenario}: ${describeFault(cell.fault)}`;
    const { code, signal, errors } = await runProcess(plan, env, (line) => {
      if (line.done !== undefined) done = true;
      else if (line.fatal !== undefined) problems.push(`${mode}, ${selector}, ${line.scenario}: ${line.fatal}`);
      else if (line.fault !== undefined) {
        cell = line;
        showProgress(`${mode}, ${selector}: ${line.index}, ${describeFault(line.fault)} in ${line.scenario}`);
      } else {
        from = line.index;
        if (line.problem !== null) problems.push(`${nameOf()}: ${line.problem}`);
        add(line.problem === null ? line.outcome : 'FAULTS');
      }
    });
    if (done) break;
    const ending = signal === 'SIGKILL' ? 'it hangs' : `the process ended with ${signal ?? `exit code ${code}`}`;
    if (cell === null || cell.index === from) {
      problems.push(`${mode}, ${selector}: ${ending} between two faults\n${errors}`);
      break;
    }
    problems.push(`${nameOf()}: ${ending}\n${errors}`);
    add('FAULTS');
    from = cell.index;
  }
  return outcomes;
}

const OUTCOMES = ['recovered', 'reported', 'reported, continued', 'reported, then waited', 'not reached', 'FAULTS'];

async function wholeTable() {
  const library = buildLibrary();
  const selectors = options.quick ? ['epoll'] : options.selector;
  const scenarios = options.scenario.filter((name) => !options.quick || QUICK_SCENARIOS.has(name));
  console.log(
    `table: ${scenarios.length} scenarios, ${options.call.length} system calls, ${options.mode.join(' and ')}, ${selectors.join(', ')}`,
  );
  const rows = [['', 'faults', ...OUTCOMES, 'time']];
  let cells = 0;
  for (const selector of selectors) {
    // The scenarios mostly wait, so both modes run at the same time.
    const both = options.mode.map(async (mode) => {
      const elapsed = stopwatch();
      const control = join(folder, `control-${mode}`);
      writeFileSync(control, new Uint8Array(CONTROL_BYTES));
      const env = environmentWith({ LD_PRELOAD: library, SELECTLOOP_FAULTS: control });
      const outcomes = await runTable(mode, selector, scenarios, env);
      const counts = OUTCOMES.map((outcome) => outcomes.get(outcome) ?? 0);
      const sum = counts.reduce((one, other) => one + other, 0);
      cells += sum;
      return [`${mode}, ${selector}`, sum, ...counts, elapsed()];
    });
    rows.push(...(await Promise.all(both)));
  }
  endProgress();
  printTable(rows);
  if (cells === 0) problems.push('no fault was tried: no scenario makes these calls');
  return cells;
}

async function allSurroundings() {
  const names = options.surrounding.filter((name) => !options.quick || SURROUNDINGS[name].quick === true);
  console.log(`surroundings: ${names.join(', ')}`);
  const rows = [['', 'time', 'outcome']];
  for (const name of names) {
    showProgress(name);
    const elapsed = stopwatch();
    const problem = await runSurrounding(name, folder);
    if (problem !== null) problems.push(`${name}: ${problem}`);
    rows.push([name, elapsed(), problem === null ? SURROUNDINGS[name].expected : 'FAILED']);
  }
  endProgress();
  printTable(rows);
  return names.length;
}

const total = stopwatch();
const ran = [];
if (options.only.includes('table')) ran.push(`${await wholeTable()} faults`);
if (options.only.includes('surroundings')) ran.push(`${await allSurroundings()} surroundings`);
for (const problem of problems) console.log(`\n${problem}`);
console.log(
  problems.length === 0
    ? `${ran.join(' and ')} in ${total()}: each ended with recovery or a clear error`
    : `FAILED: ${problems.length} of ${ran.join(' and ')} in ${total()}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
