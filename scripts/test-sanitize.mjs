/**
 * `npm run test:sanitize`: the addon under AddressSanitizer and UndefinedBehaviorSanitizer, driven from JavaScript, and the C++ unit tests
 * under ThreadSanitizer.
 *
 * A step fails if its command fails, or if any process in it, also a child of a test, writes a sanitizer's report.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { readOptions } from './campaign/options.mjs';
import { endProgress, printTable, showProgress, stopwatch } from './campaign/report.mjs';
import {
  ADDON,
  LOADED,
  OUT,
  THREAD_TESTS,
  buildAddon,
  buildThreadTests,
  requireTools,
  sanitizedEnvironment,
} from './sanitize/build.mjs';

const ROOT = dirname(import.meta.dirname);
const REPORTS = join(OUT, 'reports');
const STEP_LIMIT_MS = 30 * 60_000;

const SUITES = [
  'sockets',
  'selectors',
  'sock',
  'conformance',
  'signals',
  'subprocess',
  'batch',
  'datagrams',
  'executor',
];
const QUICK_SUITES = ['test/sockets/messages.test.ts', 'test/sockets/unix.test.ts', 'test/selectors'];

const STEPS = ['threads', 'fuzz', 'chaos', 'suites'];

const USAGE = `npm run test:sanitize -- [--only STEP ...] [--seed S] [--seeds N] [--workers N] [--quick]

  --only STEP     one of ${STEPS.join(', ')}; may be given several times (default: all)
  --seed S        the first seed of the fuzzers, and the seed of the workers (default 1)
  --seeds N       how many programs each fuzzer runs (default 2000; 100 with --quick)
  --workers N     how many workers are terminated (default 200; 20 with --quick)
  --quick         the part that .ci/run runs: fewer programs and workers, and a part of the suites`;

const options = readOptions(USAGE, {
  integers: {
    seed: { value: 1, least: 0 },
    seeds: { value: undefined, least: 1 },
    workers: { value: undefined, least: 1 },
  },
  choices: { only: STEPS },
  flags: ['quick'],
});
const seeds = options.seeds ?? (options.quick ? 100 : 2000);
const workers = options.workers ?? (options.quick ? 20 : 200);

/** Runs a command and keeps its output. Resolves with what failed, or null. */
async function failureOf(name, command, args, env) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      showProgress(`${name}: ${output.trimEnd().split('\n').at(-1)}`);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), STEP_LIMIT_MS);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ending) => resolve(ending));
  });
  clearTimeout(timer);
  endProgress();
  writeFileSync(join(OUT, `${name}.log`), output);
  const summary = output.trimEnd().split('\n').at(-1);
  if (code === 0) return { failure: null, summary };
  return {
    failure: `ended with ${signal ?? `exit code ${code}`}\n${output.split('\n').slice(-60).join('\n')}`,
    summary,
  };
}

/** The sanitizers' reports since the folder was made, one text. */
function sanitizerReports() {
  return readdirSync(REPORTS)
    .map((file) => readFileSync(join(REPORTS, file), 'utf8'))
    .join('\n');
}

const fuzzers = ['native', 'public', 'sockets'].flatMap((kind) => ['--only', kind]);
const COMMANDS = {
  threads: () => ({
    inputs: 'the C++ tests under ThreadSanitizer',
    command: 'ctest',
    args: ['--test-dir', THREAD_TESTS, '--output-on-failure'],
    env: { ...process.env, TSAN_OPTIONS: `log_path=${join(REPORTS, 'thread')}` },
  }),
  fuzz: (env) => ({
    inputs: `native, public, sockets: ${seeds} programs each from seed ${options.seed}`,
    command: join(ROOT, 'node_modules/.bin/tsx'),
    args: ['test/fuzz/main.ts', ...fuzzers, '--seed', String(options.seed), '--seeds', String(seeds)],
    env,
  }),
  chaos: (env) => ({
    inputs: `${workers} workers, seed ${options.seed}`,
    command: process.execPath,
    args: ['--expose-gc', 'scripts/sanitize/worker-chaos.mjs', ADDON, String(options.seed), String(workers)],
    env,
  }),
  suites: (env) => ({
    inputs: options.quick ? QUICK_SUITES.join(', ') : SUITES.map((suite) => `test/${suite}`).join(', '),
    command: process.execPath,
    args: [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...(options.quick ? QUICK_SUITES : SUITES.map((suite) => `test/${suite}/`)),
    ],
    env,
  }),
};

const total = stopwatch();
const rows = [['step', 'time', 'outcome']];
const failed = [];
try {
  requireTools();
  mkdirSync(OUT, { recursive: true });
  const building = stopwatch();
  showProgress('building');
  if (options.only.some((step) => step !== 'threads')) buildAddon();
  if (options.only.includes('threads')) buildThreadTests();
  endProgress();
  console.log(`built into build-sanitize/ in ${building()}`);
} catch (error) {
  endProgress();
  console.error(`test-sanitize: ${error.message}`);
  process.exit(1);
}
for (const step of STEPS.filter((name) => options.only.includes(name))) {
  rmSync(REPORTS, { recursive: true, force: true });
  rmSync(LOADED, { force: true });
  mkdirSync(REPORTS);
  const { inputs, command, args, env } = COMMANDS[step](sanitizedEnvironment(REPORTS));
  console.log(`${step}: ${inputs}`);
  const elapsed = stopwatch();
  let { failure, summary } = await failureOf(step, command, args, env);
  const reports = sanitizerReports();
  if (step !== 'threads' && !existsSync(LOADED)) failure ??= 'no process has loaded the sanitized addon';
  if (failure !== null || reports !== '') {
    failed.push(step);
    console.log(`${step} failed: ${failure ?? 'a sanitizer has reported'}\n${reports}`);
  }
  rows.push([step, elapsed(), failed.includes(step) ? 'FAILED' : summary]);
}
console.log();
printTable(rows);
console.log(
  failed.length === 0
    ? `no sanitizer has reported anything, ${total()}`
    : `FAILED: ${failed.join(', ')} after ${total()}; the output is in build-sanitize/`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
