/**
 * An echo server that is watched at one level after the other, to measure what each costs.
 *
 * The level changes every 250 ms within one process, because the speed of two processes differs by more than the cost of a level: they
 * compile and place their code differently. Between two levels the server is unwatched, and each level is compared with the intervals
 * before and after it. On SIGTERM it prints `{ "cpuUs": ..., "times": { "record": [...] } }`.
 */

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
} from 'selectloop';
import { Recorder } from 'selectloop/trace';

import { ignoreLostPeer, listeningSocket, prepare } from './sockets.mjs';
import { CHUNK_BYTES, announce, backlog, options } from './support.mjs';

const INTERVAL_MS = 250;

/** Begins to watch a loop, and returns what ends it: one function for each level. */
const LEVELS = {
  record: (loop) => loop.addInstrument(recorder),
};

const recorder = new Recorder();
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

function* serveSockets() {
  const listener = listeningSocket();
  for (;;) {
    const { socket } = yield* sockAccept(listener);
    prepare(socket);
    createTask(echoOverSocket(socket));
  }
}

function* serveProtocol() {
  const server = yield* createServer(() => new Echo(), '127.0.0.1', 0, { backlog });
  announce(server.address);
  yield* server.serveForever();
}

/** The level and the CPU time per message, in microseconds, of each interval. */
const intervals = [];

function* changeLevels() {
  const loop = getRunningLoop();
  const order = Object.keys(LEVELS).flatMap((level) => ['unused', level]);
  for (let i = 0; ; i += 1) {
    const level = order[i % order.length];
    const watching = LEVELS[level]?.(loop) ?? null;
    const before = messages;
    const cpu = process.cpuUsage();
    yield* sleep(INTERVAL_MS);
    const { user, system } = process.cpuUsage(cpu);
    watching?.[Symbol.dispose]();
    const count = messages - before;
    if (count > 100) intervals.push({ level, cpuUs: (user + system) / count }); // none before the load begins and after it ends
  }
}

/** Returns the CPU time per message while unwatched, and how many times as much each level takes in each of its intervals. */
function results() {
  const warm = intervals.slice(4);
  const times = Object.fromEntries(Object.keys(LEVELS).map((level) => [level, []]));
  for (let i = 1; i < warm.length - 1; i += 1) {
    const [before, { level, cpuUs }, after] = warm.slice(i - 1, i + 2);
    if (level === 'unused' || before.level !== 'unused' || after.level !== 'unused') continue;
    times[level].push((2 * cpuUs) / (before.cpuUs + after.cpuUs));
  }
  return { cpuUs: warm.filter(({ level }) => level === 'unused').map(({ cpuUs }) => cpuUs), times };
}

function* main() {
  getRunningLoop().addSignalHandler('SIGTERM', () => {
    process.stdout.write(`${JSON.stringify(results())}\n`);
    process.exit();
  });
  createTask(changeLevels);
  yield* api === 'protocol' ? serveProtocol() : serveSockets();
}

const { api, selector, blocking } = options;
if (blocking) runSync(main, { selector });
else await run(main, { selector });
