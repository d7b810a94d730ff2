/** The calls of the addon with random arguments, most of which are right. */

import type {
  NativeBinding,
  NativeHost,
  NativeLibuvEdges,
  NativeResolution,
  NativeSelector,
} from '../../../lib/native/contract.js';
import type { Random } from '../random.js';
import { type Argument, anyHostile, hostileNumber, notANumber } from './values.js';

/** A call of an exported function, or of a method: `EpollSelector.register`. `on` is the object. */
export interface NativeCall {
  readonly name: string;
  readonly on: Argument;
  readonly args: readonly Argument[];
}

/** What an argument should be. `own`: chosen so that no call blocks, and no other process is signalled. */
type Kind =
  | 'fd'
  | 'number'
  | 'small'
  | 'flag'
  | 'bytes'
  | 'offset'
  | 'length'
  | 'flags'
  | 'address'
  | 'pair'
  | 'ints'
  | 'count'
  | 'string'
  | 'host'
  | 'strings'
  | 'program'
  | 'buffers'
  | 'fds'
  | 'stdio'
  | 'timeout'
  | 'events'
  | 'family'
  | 'type'
  | 'level'
  | 'signal'
  | 'harmlessSignal'
  | 'noGroup'
  | 'message'
  | 'callback'
  | 'numericFlags'
  | 'nameFlags'
  | 'file'
  | 'output'
  | 'least'
  | 'fileOffset';

type Functions<T> = { [K in keyof T]-?: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];
type FunctionName = Exclude<
  Functions<NativeBinding>,
  'SelectSelector' | 'PollSelector' | 'EpollSelector' | 'Host' | 'LibuvEdges' | 'now'
>;

/** The arguments of every function: a new one in the contract must be added here. */
const FUNCTIONS: Record<FunctionName, readonly Kind[]> = {
  socket: ['family', 'type', 'small'],
  socketpair: ['family', 'type', 'small', 'pair'],
  pipe: ['pair'],
  close: ['fd'],
  adopt: ['fd'],
  adoptCreated: [],
  disown: ['fd'],
  dup: ['fd'],
  probe: ['fd'],
  shutdown: ['fd', 'small'],
  bind: ['fd', 'address'],
  listen: ['fd', 'number'],
  accept: ['fd', 'flag', 'address'],
  connect: ['fd', 'address'],
  getsockname: ['fd', 'address'],
  getpeername: ['fd', 'address'],
  getsockopt: ['fd', 'level', 'small', 'bytes'],
  setsockopt: ['fd', 'level', 'small', 'bytes'],
  setNonBlocking: ['fd', 'flag'],
  getNonBlocking: ['fd'],
  wait: ['fd', 'events', 'timeout'],
  send: ['fd', 'bytes', 'offset', 'length', 'flags'],
  sendTo: ['fd', 'bytes', 'offset', 'length', 'flags', 'address'],
  sendMsg: ['fd', 'buffers', 'fds', 'flags', 'address', 'bytes'],
  sendEach: ['ints', 'count', 'bytes'],
  recvEach: ['ints', 'count', 'bytes', 'offset', 'length', 'least'],
  sendMany: ['fd', 'ints', 'count', 'count', 'bytes', 'bytes', 'flags'],
  recvMany: ['fd', 'ints', 'count', 'count', 'bytes', 'bytes', 'flags'],
  recv: ['fd', 'bytes', 'offset', 'length', 'flags'],
  recvFrom: ['fd', 'bytes', 'offset', 'length', 'flags', 'address'],
  recvMsg: ['fd', 'bytes', 'offset', 'length', 'small', 'flags', 'message', 'small'],
  recvMsgInto: ['fd', 'buffers', 'small', 'flags', 'message', 'small'],
  changeGroup: ['fd', 'flag', 'address', 'small', 'address'],
  encodeAddress: ['address', 'bytes'],
  decodeAddress: ['bytes', 'address'],
  ifNameToIndex: ['string'],
  ifIndexToName: ['small'],
  ifNameIndex: [],
  read: ['fd', 'bytes', 'offset', 'length'],
  write: ['fd', 'bytes', 'offset', 'length'],
  writev: ['fd', 'buffers'],
  sendfile: ['output', 'file', 'fileOffset', 'number'],
  eventfd: [],
  notify: ['fd'],
  drain: ['fd'],
  watchSignal: ['signal', 'fd'],
  reinstallSignal: ['signal'],
  unwatchSignal: ['signal', 'fd'],
  resolve: ['host', 'string', 'small', 'small', 'small', 'numericFlags'],
  lookUpName: ['address', 'nameFlags'],
  spawn: ['program', 'strings', 'strings', 'string', 'stdio', 'small', 'noGroup', 'harmlessSignal', 'ints'],
  reapChild: ['fd', 'ints'],
  signalChild: ['fd', 'harmlessSignal'],
  signalGroup: ['noGroup', 'harmlessSignal'],
  releaseChild: ['fd'],
};

const SELECTOR: Record<Functions<NativeSelector>, readonly Kind[]> = {
  open: [],
  register: ['fd', 'events'],
  modify: ['fd', 'events'],
  unregister: ['fd'],
  select: ['timeout', 'ints'],
  fileno: [],
  close: [],
};
const HOST: Record<Functions<NativeHost>, readonly Kind[]> = {
  start: ['callback'],
  stop: [],
  setRef: ['flag'],
  activeRequests: [],
  backendFd: [],
};
const EDGES: Record<Functions<NativeLibuvEdges>, readonly Kind[]> = { open: [], clear: [], close: [] };
const RESOLUTION: Record<Functions<NativeResolution>, readonly Kind[]> = { fileno: [], result: [], close: [] };

/** The methods of each class. NameLookup has the methods of Resolution. */
export const METHODS: Readonly<Record<string, Readonly<Record<string, readonly Kind[]>>>> = {
  SelectSelector: SELECTOR,
  PollSelector: SELECTOR,
  EpollSelector: SELECTOR,
  Host: HOST,
  LibuvEdges: EDGES,
  Resolution: RESOLUTION,
  NameLookup: RESOLUTION,
};

/** Starting a process takes a thousand times as long as any other call. */
const SPAWN_WEIGHT = 0.05;

const targets: ReadonlyArray<readonly [number, readonly [string, readonly Kind[]]]> = [
  ...Object.entries(FUNCTIONS).map(([name, kinds]) => [name === 'spawn' ? SPAWN_WEIGHT : 1, [name, kinds]] as const),
  ...Object.entries(METHODS).flatMap(([type, methods]) =>
    Object.entries(methods).map(
      ([name, kinds]) => [type.endsWith('Selector') ? 0.7 : 0.4, [`${type}.${name}`, kinds]] as const,
    ),
  ),
  ...['SelectSelector', 'PollSelector', 'EpollSelector', 'Host', 'LibuvEdges'].map(
    (type) => [0.2, [`new ${type}`, ['number']]] as const,
  ),
];

/** The functions, classes and methods that the calls reach. */
export const nativeTargets: readonly string[] = targets.map(([, [name]]) => name);

/** What the arguments of a function or method should be. */
export function kindsOf(name: string): readonly Kind[] {
  return targets.find(([, [each]]) => each === name)?.[1][1] ?? [];
}

export function makeNativeCalls(random: Random): NativeCall[] {
  return Array.from({ length: random.between(5, 60) }, () => {
    const [name, kinds] = random.weighted(targets);
    const [type] = name.split('.');
    const object: Argument = { object: type!, index: random.between(0, 9) };
    const on = random.chance(0.07) ? anyHostile(random) : object;
    const count = random.chance(0.03) ? random.between(0, kinds.length) : kinds.length;
    return { name, on, args: kinds.slice(0, count).map((kind) => argument(kind, random)) };
  });
}

function argument(kind: Kind, random: Random): Argument {
  if (random.chance(0.08))
    return kind === 'timeout' || kind === 'noGroup' || kind === 'harmlessSignal'
      ? notANumber(random)
      : anyHostile(random);
  switch (kind) {
    case 'fd':
      return fd(random);
    case 'number':
      return random.chance(0.5) ? random.between(0, 64) : hostileNumber(random);
    case 'small':
      return random.chance(0.8) ? random.between(0, 64) : hostileNumber(random);
    case 'flag':
      return true; // no descriptor may become blocking
    case 'bytes':
      return random.chance(0.8) ? { bytes: random.pick([0, 1, 16, 300, 70_000]) } : anyHostile(random);
    case 'offset':
      return random.weighted<Argument>([
        [6, 0],
        [2, random.between(0, 20)],
        [1, hostileNumber(random)],
      ]);
    case 'length':
      return random.weighted<Argument>([
        [6, random.between(0, 16)],
        [2, random.between(0, 70_000)],
        [1, hostileNumber(random)],
      ]);
    case 'flags':
      return random.pick<Argument>([0, 0, 0, 0x40, 0x02, 0x20, 0x22, random.between(0, 2 ** 31 - 1)]);
    case 'address':
      return random.chance(0.15) ? null : address(random);
    case 'pair':
      return { ints: random.pick<readonly Argument[]>([[0, 0], [0, 0], [0, 0], [0], [0, 0, 0]]) };
    case 'ints':
    case 'stdio':
      return {
        ints: Array.from({ length: random.between(0, 9) }, () =>
          random.chance(0.8) ? fd(random) : random.between(-1, 2),
        ),
      };
    case 'count':
      return random.pick<Argument>([0, 1, 1, 2, 3, 100]);
    case 'string':
    case 'host':
      return random.pick<Argument>([
        null,
        '',
        '127.0.0.1',
        '::1',
        '80',
        '1.2.3.4 ',
        '\0abstract',
        '/nonexistent',
        'x'.repeat(300),
        '%s%n',
      ]);
    case 'strings':
      return {
        list: Array.from({ length: random.between(0, 4) }, () =>
          random.pick<Argument>(['', 'A=b', 'x', '\0', { hostile: 'a proxy' }]),
        ),
      };
    case 'program':
      return {
        list: random.pick<readonly Argument[]>([['/bin/true'], ['/nonexistent', '/bin/true'], ['/etc/passwd'], []]),
      };
    case 'buffers':
      return { list: Array.from({ length: random.pick([0, 1, 2, 3, 1100]) }, () => argument('bytes', random)) };
    case 'fds':
      return { list: Array.from({ length: random.pick([0, 0, 1, 2, 253, 254]) }, () => fd(random)) };
    case 'timeout':
      return random.pick<Argument>([0, 0, 0.5, 1, 1e-9, { hostile: 'NaN' }]);
    case 'events':
      return random.chance(0.85) ? random.between(1, 3) : hostileNumber(random);
    case 'family':
      return random.chance(0.85) ? random.pick([1, 2, 10]) : hostileNumber(random);
    case 'type':
      return random.chance(0.9) ? random.pick([1, 2, 5]) + 0x800 : random.pick([99 + 0x800, 2 ** 30]);
    case 'level':
      return random.chance(0.85) ? random.pick([0, 1, 6, 41]) : hostileNumber(random);
    case 'signal':
      return random.chance(0.7)
        ? random.pick([12, 23, 28])
        : random.pick<Argument>([0, 9, 19, 65, -1, { hostile: 'NaN' }]);
    case 'harmlessSignal':
      return random.pick<Argument>([0, 65, -1]);
    case 'noGroup':
      // Never a process or a group that exists.
      return random.pick<Argument>([0, 1, -1, 2 ** 31 - 1, { hostile: 'NaN' }]);
    case 'message':
      return random.pick<Argument>([
        { record: {} },
        { record: { fds: 1 } },
        { hostile: 'a proxy' },
        { hostile: 'a frozen object' },
      ]);
    case 'callback':
      return { hostile: random.pick(['a function', 'a function that throws', 'a generator function']) };
    case 'numericFlags':
      return random.pick([4, 4, 0x404]); // AI_NUMERICHOST: no name server is asked
    case 'file':
      return random.chance(0.7) ? { object: 'File', index: 0 } : fd(random);
    case 'fileOffset':
      return random.chance(0.8) ? random.pick([0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 10]) : hostileNumber(random);
    case 'output':
      return random.chance(0.5) ? { fd: random.between(0, 1) } : fd(random); // the first two are a pair of sockets
    case 'least':
      return random.chance(0.8) ? random.pick([0, 1, 1, 16]) : hostileNumber(random);
    case 'nameFlags':
      return 3; // NI_NUMERICHOST and NI_NUMERICSERV, for the same reason
  }
}

const fd = (random: Random): Argument =>
  random.chance(0.9) ? { fd: random.between(0, 19) } : random.pick<Argument>([-1, 2 ** 31 - 1, -(2 ** 31), 99_999]);

function address(random: Random): Argument {
  const fields: Record<string, Argument> = {
    family: random.pick([1, 1, 2, 2, 10, 0, 99]),
    host: random.pick(['127.0.0.1', '127.0.0.1', '::1', '', 'x', '999.1.1.1']),
    port: random.pick<Argument>([0, 0, 0, 65_535, 65_536, -1]),
    flowInfo: 0,
    scopeId: random.pick([0, 0, 1, 2 ** 31]),
    path: random.pick(['', 'fuzz-a', 'fuzz-b', '\0fuzz-a', 'x'.repeat(108), '\0'.repeat(200)]),
  };
  const hostile = random.pick(Object.keys(fields));
  if (random.chance(0.2)) fields[hostile] = anyHostile(random);
  return { record: fields };
}
