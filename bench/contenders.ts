/** The programs that are compared. */

import { fileURLToPath } from 'node:url';

/** What a contender needs to run; harness/runtimes.ts finds or installs each. */
export type Runtime = 'shell' | 'native' | 'libuv' | 'node' | 'node24' | 'bun' | 'python' | 'uvloop';

/** Contenders of one family have the same colour in plots. */
export type Family = 'Yours' | 'C' | 'selectloop' | 'Node' | 'Bun' | 'Python';

/** One program that is measured. */
export interface Contender {
  readonly id: string;
  /** Its name in tables and plots. */
  readonly label: string;
  readonly family: Family;
  readonly runtime: Runtime;
  /** The arguments of the runtime: a program of this folder and its options. For C, the name of the binary. */
  readonly program: readonly string[];
}

function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

type Server = readonly [id: string, label: string, program: string, ...options: string[]];

const OURS: readonly Server[] = [
  ['buffered', 'selectloop buffered protocol', 'buffered'],
  ['protocol', 'selectloop protocol', 'protocol'],
  ['streams', 'selectloop streams, generators', 'streams'],
  ['streams-into', 'selectloop streams, readInto', 'streams-into'],
  ['streams-async', 'selectloop streams, async', 'streams-async'],
  ['sock', 'selectloop sock*, generators', 'sock'],
  ['sock-async', 'selectloop sock*, async', 'sock-async'],
  ['udp-many', 'selectloop sockRecvMany and sockSendMany', 'udp-many'],
  ['udp-endpoint', 'selectloop datagram endpoint', 'udp-endpoint'],
  ['udp-sock', 'selectloop sockRecvFrom and sockSendTo', 'udp-sock'],
  ['protocol-select', 'selectloop protocol, select', 'protocol', '--selector', 'select'],
  ['protocol-poll', 'selectloop protocol, poll', 'protocol', '--selector', 'poll'],
  ['buffered-blocking', 'selectloop buffered protocol, blocking', 'buffered', '--blocking'],
  ['protocol-blocking', 'selectloop protocol, blocking', 'protocol', '--blocking'],
  ['streams-blocking', 'selectloop streams, generators, blocking', 'streams', '--blocking'],
  ['sock-blocking', 'selectloop sock*, generators, blocking', 'sock', '--blocking'],
  ...[
    ['sock', 'sock*'],
    ['protocol', 'protocol'],
    ['streams', 'streams'],
  ].flatMap(([api = '', label = '']): Server[] => [
    [`levels-${api}`, `selectloop ${label}, watched`, 'levels', '--api', api],
    [`levels-${api}-blocking`, `selectloop ${label}, blocking, watched`, 'levels', '--api', api, '--blocking'],
  ]),
];

const ourServers = OURS.map(([id, label, program, ...options]): Contender => ({
  id,
  label,
  family: 'selectloop',
  runtime: 'node',
  program: [file(`servers/${program}.mjs`), ...options],
}));

function python(id: string, label: string, program: string, loop: 'asyncio' | 'uvloop'): Contender {
  const runtime = loop === 'uvloop' ? 'uvloop' : 'python';
  return { id, label, family: 'Python', runtime, program: [file(program), '--loop', loop] };
}

function node(id: string, label: string, program: string, runtime: Runtime = 'node'): Contender {
  return { id, label, family: 'Node', runtime, program: [file(program)] };
}

const peers: readonly Contender[] = [
  { id: 'c-epoll', label: 'C on epoll', family: 'C', runtime: 'native', program: ['echo-epoll'] },
  { id: 'c-libuv', label: 'C on libuv', family: 'C', runtime: 'libuv', program: ['echo-libuv'] },
  { id: 'c-udp', label: 'C with recvmmsg, sendmmsg', family: 'C', runtime: 'native', program: ['echo-udp'] },
  node('node-dgram', `Node ${process.versions.node.split('.')[0]!} dgram`, 'peers/node-dgram.mjs'),
  node('node-net', `Node ${process.versions.node.split('.')[0]!} net`, 'peers/node-net.mjs'),
  node('node24-net', 'Node 24 net', 'peers/node-net.mjs', 'node24'),
  { id: 'bun', label: 'Bun', family: 'Bun', runtime: 'bun', program: [file('peers/bun.mjs')] },
  python('uvloop-protocol', 'uvloop protocol', 'peers/protocol.py', 'uvloop'),
  python('uvloop-streams', 'uvloop streams', 'peers/streams.py', 'uvloop'),
  python('asyncio-protocol', 'asyncio protocol', 'peers/protocol.py', 'asyncio'),
  python('asyncio-streams', 'asyncio streams', 'peers/streams.py', 'asyncio'),
];

const others: readonly Contender[] = [
  {
    id: 'micro-selectloop',
    label: 'selectloop',
    family: 'selectloop',
    runtime: 'node',
    program: [file('micro/selectloop.mjs')],
  },
  node('micro-node', 'Node', 'micro/node.mjs'),
  python('micro-uvloop', 'uvloop', 'micro/asyncio.py', 'uvloop'),
  python('micro-asyncio', 'asyncio', 'micro/asyncio.py', 'asyncio'),
  node('start-empty', 'an empty program', 'startup/empty.mjs'),
  {
    id: 'start-selectloop',
    label: "import 'selectloop'",
    family: 'selectloop',
    runtime: 'node',
    program: [file('startup/selectloop.mjs')],
  },
  node('start-node-net', "import 'node:net'", 'startup/node-net.mjs'),
  {
    id: 'start-asyncio',
    label: 'import asyncio (Python)',
    family: 'Python',
    runtime: 'python',
    program: ['-c', 'import asyncio'],
  },
];

const all: Contender[] = [...peers.slice(0, 2), ...ourServers, ...peers.slice(2), ...others];

/** All contenders, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = all;

/** Adds the servers of `--server`, commands of the shell that listen on $PORT. Returns their ids: yours, yours-2 and so on. */
export function addServers(commands: readonly string[]): string[] {
  const added = commands.map((command, i): Contender => {
    const id = i === 0 ? 'yours' : `yours-${i + 1}`;
    return { id, label: command, family: 'Yours', runtime: 'shell', program: [command] };
  });
  all.unshift(...added);
  return added.map(({ id }) => id);
}

/** Returns the contender with an id. */
export function contenderOf(id: string): Contender {
  const found = CONTENDERS.find((contender) => contender.id === id);
  if (found === undefined) throw new Error(`there is no contender "${id}"`);
  return found;
}
