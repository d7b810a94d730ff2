/** Calls of the public functions with random arguments. */

import type { Random } from '../random.js';
import { type Target, publicTargets } from './public-targets.js';
import { type Argument, anyHostile, hostileNumber } from './values.js';

/** A call; `on` is the number of the object whose method it is. */
export interface PublicCall {
  readonly name: string;
  readonly on: number;
  readonly args: readonly Argument[];
}

/** The names of options. Half of the time an object has some of them. */
const OPTIONS: readonly string[] = [
  'loop',
  'limit',
  'timeoutMs',
  'name',
  'context',
  'family',
  'type',
  'protocol',
  'flags',
  'backlog',
  'reusePort',
  'socket',
  'selector',
  'debug',
  'clock',
  'returnWhen',
  'returnExceptions',
  'signal',
  'fds',
  'maxFds',
  'env',
  'cwd',
  'stdin',
  'stdout',
  'stderr',
  'highWaterMark',
  'eagerStart',
  'localAddress',
  'remoteAddress',
  'host',
  'port',
  'path',
  'high',
  'low',
  'tls',
  'serverName',
  'startServing',
  'maxWorkers',
  'compare',
  'offset',
  'count',
  'fallback',
  'startMs',
  'shuffle',
  'fileno',
  'then',
];

/** None of them is a name that a name server would be asked for, or a program. */
const STRINGS: readonly string[] = [
  '',
  '127.0.0.1',
  '::1',
  'read',
  'write',
  'both',
  'epoll',
  'SIGUSR2',
  '/nonexistent',
  '\0fuzz',
];

/** The classes of the objects that calls can use. */
const OBJECTS: readonly string[] = [
  'Socket',
  'SelectSelector',
  'PollSelector',
  'EpollSelector',
  'Future',
  'Task',
  'Coroutine',
  'Lock',
  'Semaphore',
  'Event',
  'Condition',
  'Queue',
  'StreamReader',
  'StreamWriter',
  'Transport',
  'EventLoop',
  'ContextVar',
];

const FUNCTION: Argument = { hostile: 'a function' };
const LOOPBACK: readonly Argument[] = ['127.0.0.1', 0];

/** Right arguments, by the name of the function or method. */
const LEADING: Readonly<Record<string, readonly Argument[]>> = {
  asCompleted: [{ list: [] }],
  callAt: [0, FUNCTION],
  callLater: [0, FUNCTION],
  cancelOnAbort: [{ hostile: 'an aborted signal' }, { object: 'Task', index: 0 }],
  connectAcceptedSocket: [FUNCTION, { object: 'Socket', index: 0 }],
  createConnection: [FUNCTION, '127.0.0.1', 1],
  createDatagramEndpoint: [FUNCTION],
  createServer: [FUNCTION, ...LOOPBACK],
  createSubprocess: ['true', { list: [] }],
  createTask: [{ hostile: 'a generator function' }],
  createUnixConnection: [FUNCTION, '/nonexistent'],
  createUnixServer: [FUNCTION, '/nonexistent'],
  gather: [{ list: [] }],
  getaddrinfo: ['127.0.0.1', 80],
  getnameinfo: [{ record: { host: '127.0.0.1', port: 80 } }],
  moveOnAfter: [1, { hostile: 'a generator function' }],
  openConnection: ['127.0.0.1', 1],
  openUnixConnection: ['/nonexistent'],
  register: [{ object: 'Socket', index: 0 }, 1],
  sendMsg: [{ list: [{ bytes: 1 }] }],
  serveHttp: [FUNCTION, ...LOOPBACK],
  sockConnect: [{ object: 'Socket', index: 0 }],
  sockRecv: [{ object: 'Socket', index: 0 }, 100],
  sockRecvMany: [{ object: 'Socket', index: 0 }],
  sockSendMany: [{ object: 'Socket', index: 0 }],
  sockRecvInto: [{ object: 'Socket', index: 0 }, { bytes: 100 }],
  sockSendAll: [{ object: 'Socket', index: 0 }, { bytes: 100 }],
  sockSendTo: [{ object: 'Socket', index: 0 }, { bytes: 100 }],
  startServer: [FUNCTION, ...LOOPBACK],
  startTls: [{ object: 'Transport', index: 0 }],
  startUnixServer: [FUNCTION, '/nonexistent'],
  timeout: [1, { hostile: 'a generator function' }],
  timeoutAt: [1, { hostile: 'a generator function' }],
  toThread: [FUNCTION],
  wait: [{ list: [{ object: 'Task', index: 0 }] }],
  waitFor: [{ object: 'Task', index: 0 }],
};

function leadingOf(name: string): readonly Argument[] {
  const method = /\w*$/.exec(name)![0];
  return Object.hasOwn(LEADING, method) ? LEADING[method]! : [];
}

let targets: readonly Target[] | null = null;

export function makePublicCalls(random: Random): PublicCall[] {
  targets ??= publicTargets();
  return Array.from({ length: random.between(5, 40) }, () => {
    const { name } = random.pick(targets!);
    // Right arguments first, so that hostile ones reach the later positions.
    const leading = random.chance(0.6) ? leadingOf(name) : [];
    const count = random.between(0, leading.length);
    const args = [
      ...leading.slice(0, count),
      ...Array.from({ length: random.between(0, 3) }, () => argument(random, 2)),
    ];
    return { name, on: random.between(0, 3), args };
  });
}

function argument(random: Random, depth: number): Argument {
  return random.weighted<() => Argument>([
    [5, () => anyHostile(random)],
    [2, () => hostileNumber(random)],
    [2, () => random.pick([0, 1, 2, 100])],
    [4, () => ({ object: random.pick(OBJECTS), index: random.between(0, 3) })],
    [
      2,
      () => ({
        hostile: random.pick(['a function', 'a generator function', 'an async function', 'a function that throws']),
      }),
    ],
    [2, () => random.pick(STRINGS)],
    [1, () => ({ bytes: random.pick([0, 1, 100, 70_000]) })],
    [depth, () => ({ list: Array.from({ length: random.between(0, 3) }, () => argument(random, depth - 1)) })],
    [2 * depth, () => ({ record: record(random, depth - 1) })],
    [1, () => ({ record: { host: '127.0.0.1', port: random.pick([0, 1]) } })],
  ])();
}

function record(random: Random, depth: number): Record<string, Argument> {
  const names = Array.from({ length: random.between(1, 4) }, () => random.pick(OPTIONS));
  return Object.fromEntries(names.map((name) => [name, argument(random, depth)]));
}
