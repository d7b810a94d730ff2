/**
 * An echo server that a viewer watches at one level after the other, to measure what each costs.
 *
 * The level changes every 250 ms within one process, because the speed of two processes differs by more than the cost of a level: they
 * compile and place their code differently. Each interval is compared with the nearest ones at the level `door`, before and after it; `unused`,
 * without a door, with those of the cycles around it. The viewer runs in a separate thread, and only the CPU time of the loop's thread counts.
 *
 * On SIGTERM it prints `{ "cpuUs": [...], "times": { "record": [...], ... } }`.
 */

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import {
  createServer,
  createTask,
  getRunningLoop,
  run,
  runSync,
  sleep,
  sockAccept,
  sockRecv,
  sockSendAll,
  startServer,
} from 'selectloop';
import { openInspector } from 'selectloop/inspect';

import { ignoreLostPeer, listeningSocket, prepare } from './sockets.mjs';
import { CHUNK_BYTES, announce, backlog, options } from './support.mjs';

const INTERVAL_MS = 250;
/** After a switch, until the loop has taken the order of the viewer. */
const SETTLE_MS = 30;
/** After the door was opened, until the inspector thread and the viewer run. */
const OPEN_MS = 500;
/** One cycle after the door was opened. */
const CYCLE = ['door', 'look', 'door', 'measure', 'door', 'record', 'door'];
/** The first cycle also compiles the code. */
const WARMUP_INTERVALS = CYCLE.length + 1;

let messages = 0;

function* echoOverSocket(socket) {
  try {
    for (;;) {
      const data = yield* sockRecv(socket, CHUNK_BYTES);
      if (data.length === 0) break;
      messages += 1;
      yield* sockSendAll(socket, data);
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    socket.close();
  }
}

class Echo {
  connectionMade(transport) {
    this.transport = transport;
  }

  dataReceived(data) {
    messages += 1;
    this.transport.write(data);
  }
}

function* echoOverStream(reader, writer) {
  try {
    for (;;) {
      const data = yield* reader.read(CHUNK_BYTES);
      if (data.length === 0) break;
      messages += 1;
      writer.write(data);
      yield* writer.drain();
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    writer.close();
  }
}

const SERVERS = {
  *sock() {
    const listener = listeningSocket();
    for (;;) {
      const { socket } = yield* sockAccept(listener);
      prepare(socket);
      createTask(echoOverSocket(socket));
    }
  },
  *protocol() {
    const server = yield* createServer(() => new Echo(), '127.0.0.1', 0, { backlog });
    announce(server.address);
    yield* server.serveForever();
  },
  *streams() {
    const server = yield* startServer(echoOverStream, '127.0.0.1', 0, { backlog, limit: CHUNK_BYTES });
    announce(server.address);
    yield* server.serveForever();
  },
};

/** The CPU time of the main thread, in microseconds. */
function cpuUs() {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
}

/** The level and the CPU time per message, in microseconds, of each interval. */
const intervals = [];

function* measured(level) {
  const [cpu, before] = [cpuUs(), messages];
  yield* sleep(INTERVAL_MS);
  const count = messages - before;
  if (count > 100) intervals.push({ level, cpuUs: (cpuUs() - cpu) / count }); // none before the load begins and after it ends
}

function* changeLevels() {
  const viewer = new Worker(new URL('./levels-viewer.mjs', import.meta.url));
  viewer.unref();
  for (;;) {
    yield* measured('unused');
    const door = openInspector(getRunningLoop(), { thread: true });
    viewer.postMessage({ path: door.path });
    yield* sleep(OPEN_MS);
    for (const level of CYCLE) {
      viewer.postMessage({ level });
      yield* sleep(SETTLE_MS);
      yield* measured(level);
    }
    door.close();
    yield* sleep(SETTLE_MS);
  }
}

/** The CPU time per message with a door, and how many times as much each level takes in each of its intervals. */
function results() {
  const warm = intervals.slice(WARMUP_INTERVALS);
  const times = {};
  for (let i = 1; i < warm.length - 1; i += 1) {
    const [before, { level, cpuUs }, after] = warm.slice(i - 1, i + 2);
    if (level !== 'door' && before.level === 'door' && after.level === 'door')
      (times[level] ??= []).push((2 * cpuUs) / (before.cpuUs + after.cpuUs));
  }
  return { cpuUs: warm.filter(({ level }) => level === 'door').map(({ cpuUs }) => cpuUs), times };
}

const { api, selector, blocking } = options;

function* main() {
  getRunningLoop().addSignalHandler('SIGTERM', () => {
    process.stdout.write(`${JSON.stringify(results())}\n`);
    process.exit();
  });
  createTask(changeLevels);
  yield* SERVERS[api]();
}

if (blocking) runSync(main, { selector });
else await run(main, { selector });
