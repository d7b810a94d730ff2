/**
 * `npm run soak`: many connections at the same time, and many cycles one after the other, with what the process holds before and after.
 *
 * Each kind of cycle runs in a separate process (soak/cycles.mjs), which is measured after a tenth of the cycles, after half of them,
 * and at the end. Descriptors, threads and children may not grow at all, the heap and the resident memory of the second half only by
 * what the collector leaves over. The connections are soak/connections.mjs.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { environmentWith } from './campaign/processes.mjs';
import { readOptions } from './campaign/options.mjs';
import { endProgress, printTable, showProgress, stopwatch } from './campaign/report.mjs';
import { KINDS } from './soak/kinds.mjs';

const FOLDER = join(import.meta.dirname, 'soak');
const NAMES = ['connections', ...Object.keys(KINDS)];
const MIB = 2 ** 20;
/** A process that finishes no cycle in this time hangs. */
const SILENCE_MS = 60_000;

/** What the second half of the cycles may add. A kilobyte that each cycle leaks is far above it. */
const heapLimit = (cycles) => MIB + 50 * cycles;
const rssLimit = (cycles) => 8 * MIB + 200 * cycles;

const USAGE = `npm run soak -- [--only KIND ...] [--cycles N] [--connections N] [--seconds N]

  --only KIND        ${NAMES.join(', ')}; may be given several times (default: all)
  --cycles N         how many cycles of each kind (default: ${Object.entries(KINDS)
    .filter(([, { cycles }]) => cycles !== 20_000)
    .map(([name, { cycles }]) => `${cycles} of ${name}`)
    .join(', ')}, 20000 of the others)
  --connections N    how many connections are open at the same time (default 10000)
  --seconds N        how long they echo (default 30)`;

const options = readOptions(USAGE, {
  integers: {
    cycles: { value: undefined, least: 10 },
    connections: { value: 10_000, least: 1 },
    seconds: { value: 30, least: 1 },
  },
  choices: { only: NAMES },
});

const env = environmentWith();

async function ended(child) {
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  return signal ?? code;
}

/** Runs one kind. Resolves with its samples, or with what it printed to stderr. */
async function runCycles(kind, mode, cycles) {
  // V8's young generation grows up to its limit, by 24 MiB in 30,000 connections: with a small limit the resident memory is soon level.
  const args = ['--expose-gc', '--max-semi-space-size=1', join(FOLDER, 'cycles.mjs'), kind, mode, String(cycles)];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  let [result, errors] = [null, ''];
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  createInterface({ input: child.stdout }).on('line', (line) => {
    timer.refresh();
    const report = JSON.parse(line);
    if (report.samples !== undefined) result = report;
    else showProgress(`${kind}, ${mode}: ${report.cycle} of ${cycles}`);
  });
  const ending = await ended(child);
  clearTimeout(timer);
  endProgress();
  const failure = ending === 'SIGKILL' ? `no cycle in ${SILENCE_MS / 1000} s` : `ended with ${ending}`;
  return { result, failure: ending === 0 && errors === '' ? null : `${failure}\n${errors}` };
}

const growth = (samples, what) => samples.at(-1)[what] - samples.at(-2)[what];
const inMiB = (bytes) => `${bytes < 0 ? '' : '+'}${(bytes / MIB).toFixed(1)}`;

/** What grew, as text; '' if nothing did. */
function grown(samples, cycles) {
  const [first, , last] = samples;
  const half = cycles / 2;
  const grew = ['descriptors', 'threads', 'children'].filter((what) => last[what] > first[what]);
  if (growth(samples, 'heap') > heapLimit(half)) grew.push('heap');
  if (growth(samples, 'rss') > rssLimit(half)) grew.push('rss');
  return grew.join(', ');
}

const total = stopwatch();
const failed = [];
const rows = [['', 'cycles', 'time', 'descriptors', 'threads', 'heap', 'rss', '']];
let done = 0;

async function soakConnections() {
  console.log(`connections: ${options.connections} for ${options.seconds} s`);
  const args = ['--connections', options.connections, '--seconds', options.seconds].map(String);
  const child = spawn(process.execPath, [join(FOLDER, 'connections.mjs'), ...args], { env, stdio: 'inherit' });
  if ((await ended(child)) !== 0) failed.push('connections');
}

async function soakKind(kind) {
  const { modes, cycles: usual } = KINDS[kind];
  const cycles = options.cycles ?? usual;
  for (const mode of modes) {
    const name = `${kind}, ${mode}`;
    const { result, failure } = await runCycles(kind, mode, cycles);
    if (failure !== null || result === null) {
      console.log(`${name}: ${failure}`);
      failed.push(name);
      rows.push([name, cycles, '', '', '', '', '', 'FAILED']);
      continue;
    }
    done += cycles;
    const { samples } = result;
    const [first, , last] = samples;
    const grew = grown(samples, cycles);
    if (grew !== '') failed.push(name);
    const range = (what) => (first[what] === last[what] ? last[what] : `${first[what]} to ${last[what]}`);
    rows.push([
      name,
      cycles,
      `${result.seconds.toFixed(1)} s`,
      range('descriptors'),
      range('threads'),
      inMiB(growth(samples, 'heap')),
      inMiB(growth(samples, 'rss')),
      grew === '' ? 'flat' : `GREW: ${grew}`,
    ]);
    if (!process.stdout.isTTY) console.log(`${name}: ${cycles} cycles, ${result.seconds.toFixed(1)} s`);
  }
}

if (options.only.includes('connections')) await soakConnections();
for (const kind of Object.keys(KINDS)) if (options.only.includes(kind)) await soakKind(kind);
if (rows.length > 1) {
  console.log(
    '\nDescriptors and threads since a tenth of the cycles; heap and resident memory in MiB, since half of them.',
  );
  printTable(rows);
}
const ran = [
  options.only.includes('connections') ? `${options.connections} connections` : null,
  done > 0 ? `${done} cycles` : null,
];
console.log(
  failed.length === 0
    ? `${ran.filter(Boolean).join(' and ')} in ${total()}: no error, nothing left, nothing grew`
    : `FAILED: ${failed.join('; ')} (${total()})`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
