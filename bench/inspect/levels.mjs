/**
 * The price of being watched: the CPU time of the loop's thread for each echoed message, at each level.
 *
 * The levels are switched within one process, every 250 ms, and each interval is compared with the two of the level `door` beside it. Two
 * runs of a process differ by more than what is measured here.
 *
 * The same file is the server, the clients, and the viewer, in three processes.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

import { getRunningLoop, run, runSync, sleep, startServer } from 'selectloop';
import { openInspector } from 'selectloop/inspect';

const FILE = fileURLToPath(import.meta.url);
const CONNECTIONS = 64;
const BYTES = 100;
const INTERVAL_MS = 250;
const WARMUP_MS = 2500;
/** After a switch, until the loop has taken the order. */
const SETTLE_MS = 30;
const ROUNDS = 20;

/** What the viewer asks for, for each level. */
const REQUESTS = {
  door: [{ level: 'look' }, { want: [] }],
  look: [{ level: 'look' }, { want: ['trace'], everyMs: 100 }],
  measure: [{ level: 'measure' }, { want: ['trace'], everyMs: 100 }],
  record: [{ level: 'record' }, { want: [] }],
};

function runClients(port) {
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    socket.on('data', (data) => socket.write(data)).on('error', () => process.exit());
    socket.on('close', () => process.exit());
    socket.write('x'.repeat(BYTES));
  }
}

function runViewer(path) {
  const socket = connect(path, () => socket.write('{"hello":1}\n'));
  socket.on('close', () => process.exit()).resume();
  process.stdin.on('data', (levels) => {
    const level = String(levels).trim().split('\n').at(-1);
    for (const request of REQUESTS[level]) socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** The CPU time of the main thread in microseconds. */
function cpuUs() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function* measure(mode) {
  let messages = 0;
  const server = yield* startServer(
    function* echo(reader, writer) {
      for (let data; (data = yield* reader.read(65_536)).length > 0; messages += 1) writer.write(data);
    },
    '127.0.0.1',
    0,
  );
  const door = openInspector(getRunningLoop(), { thread: true });
  const start = (...args) => spawn(process.execPath, [FILE, ...args], { stdio: ['pipe', 'ignore', 'inherit'] });
  const children = [start('clients', server.port), start('viewer', door.path)];
  const viewer = children[1];
  yield* sleep(WARMUP_MS);

  /** The CPU time for each message at a level. */
  function* interval(level) {
    viewer.stdin.write(`${level}\n`);
    yield* sleep(SETTLE_MS);
    const [usBefore, messagesBefore] = [cpuUs(), messages];
    yield* sleep(INTERVAL_MS);
    return (cpuUs() - usBefore) / (messages - messagesBefore);
  }

  const ratios = { look: [], measure: [], record: [] };
  const doors = [yield* interval('door')];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const level of Object.keys(ratios)) {
      const watched = yield* interval(level);
      doors.push(yield* interval('door'));
      ratios[level].push(watched / ((doors.at(-2) + doors.at(-1)) / 2));
    }
  }
  for (const child of children) child.kill();
  const text = Object.entries(ratios).map(([level, all]) => `${level} ${median(all).toFixed(2)}`);
  console.log(`${mode.padEnd(8)}  door 1.00 (${median(doors).toFixed(1)} us a message)  ${text.join('  ')}`);
}

const [role = 'both', target] = process.argv.slice(2);
if (role === 'clients') runClients(target);
else if (role === 'viewer') runViewer(target);
else {
  await run(() => measure('hosted'));
  runSync(() => measure('blocking'));
}
