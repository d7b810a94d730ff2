/** Random programs of socket and selector calls. sockets.ts runs them here, and socket_programs.py in Python. */

import { smallerLists } from '../campaign.js';
import { Random } from '../random.js';

/** The number of a variable that may hold a socket. */
export type Slot = number;

export type Family = 'inet' | 'inet6' | 'unix';
export type SocketType = 'stream' | 'datagram' | 'seqpacket';
/** A flag of send and receive calls, by its name in C; '' is none. */
export type Flag = '' | 'MSG_PEEK' | 'MSG_DONTWAIT' | 'MSG_OOB' | 'MSG_MORE' | 'MSG_WAITALL';

/** `any`: the loopback address and a port that the kernel chooses; `name` and `file`: UNIX names, by number; `auto`: an empty name. */
export type PlaceName = readonly ['any'] | readonly ['name' | 'file', number] | readonly ['auto'];

/** One call. Each socket is non-blocking, or has a timeout of a few milliseconds. */
export type Call =
  | readonly ['socketpair', Slot, Slot, SocketType]
  | readonly ['socket', Slot, Family, SocketType]
  | readonly ['bind', Slot, PlaceName]
  | readonly ['listen', Slot, number]
  | readonly ['connect' | 'connectEx', Slot, Slot]
  | readonly ['accept', Slot, Slot]
  | readonly ['send' | 'sendAll', Slot, number, Flag]
  | readonly ['sendTo', Slot, number, Slot]
  | readonly ['sendMsg', Slot, readonly number[], Slot | null, number]
  | readonly ['recv' | 'recvInto' | 'recvFrom', Slot, number, Flag]
  | readonly ['recvMsg', Slot, number, number]
  | readonly ['shutdown', Slot, 'read' | 'write' | 'both']
  | readonly ['getsockname' | 'getpeername' | 'getTimeout' | 'fileno' | 'close', Slot]
  | readonly ['setsockopt', Slot, OptionName, number]
  | readonly ['getsockopt', Slot, OptionName]
  | readonly ['setTimeout', Slot, number]
  | readonly ['dup' | 'handOver', Slot, Slot]
  | readonly ['register' | 'modify', Slot, number]
  | readonly ['unregister' | 'getKey' | 'closeRegistered', Slot]
  | readonly ['select' | 'getMap'];

export type OptionName =
  | 'SO_REUSEADDR'
  | 'SO_KEEPALIVE'
  | 'SO_RCVBUF'
  | 'SO_SNDBUF'
  | 'SO_RCVLOWAT'
  | 'SO_TYPE'
  | 'SO_ERROR'
  | 'SO_ACCEPTCONN'
  | 'SO_BROADCAST'
  | 'TCP_NODELAY'
  | 'TCP_CORK'
  | 'IP_TTL';

export interface SocketProgram {
  readonly selector: 'select' | 'poll' | 'epoll';
  readonly calls: readonly Call[];
}

export const SLOTS = 7;

const OPTIONS: readonly OptionName[] = [
  'SO_REUSEADDR',
  'SO_KEEPALIVE',
  'SO_RCVBUF',
  'SO_SNDBUF',
  'SO_RCVLOWAT',
  'SO_TYPE',
  'SO_ERROR',
  'SO_ACCEPTCONN',
  'SO_BROADCAST',
  'TCP_NODELAY',
  'TCP_CORK',
  'IP_TTL',
];

/** Returns the program of a seed. */
export function makeSocketProgram(seed: number): SocketProgram {
  const random = new Random(seed);
  const maker = new Maker(random);
  const calls: Call[] = [];
  for (let i = random.between(1, 4); i > 0; i -= 1) calls.push(...maker.beginning());
  for (let i = random.between(5, 40); i > 0; i -= 1) calls.push(maker.call());
  return { selector: random.pick(['select', 'poll', 'epoll'] as const), calls };
}

class Maker {
  /** The slots that hold something, most likely. */
  private readonly used: Slot[] = [0];

  constructor(private readonly random: Random) {}

  /** Returns calls that connect some sockets. */
  beginning(): Call[] {
    const { random } = this;
    const [a, b, c] = [this.anySlot(), this.anySlot(), this.anySlot()];
    this.used.push(a, b, c);
    const family = random.pick(['inet', 'inet6', 'unix'] as const);
    const place = this.placeFor(family);
    return random.weighted<() => Call[]>([
      [3, () => [['socketpair', a, b, this.type()]]],
      [
        3,
        () => [
          ['socket', a, family, 'stream'],
          ['bind', a, place],
          ['listen', a, random.between(0, 3)],
          ['socket', b, family, 'stream'],
          ['connect', b, a],
          ['accept', a, c],
        ],
      ],
      [
        2,
        () => [
          ['socket', a, family, 'datagram'],
          ['bind', a, place],
          ['socket', b, family, 'datagram'],
          ['bind', b, this.placeFor(family)],
          ['connect', b, a],
        ],
      ],
    ])();
  }

  call(): Call {
    const { random } = this;
    const a = this.slot();
    const kind = random.weighted<Call[0]>([
      [1, 'socketpair'],
      [1, 'socket'],
      [1, 'bind'],
      [0.7, 'listen'],
      [1.5, 'connect'],
      [0.7, 'connectEx'],
      [1.5, 'accept'],
      [5, 'send'],
      [0.7, 'sendAll'],
      [2, 'sendTo'],
      [2, 'sendMsg'],
      [5, 'recv'],
      [1.5, 'recvInto'],
      [2, 'recvFrom'],
      [2, 'recvMsg'],
      [1.5, 'shutdown'],
      [1, 'getsockname'],
      [1, 'getpeername'],
      [0.5, 'getTimeout'],
      [0.3, 'fileno'],
      [1.5, 'close'],
      [1.5, 'setsockopt'],
      [1.5, 'getsockopt'],
      [0.7, 'setTimeout'],
      [0.7, 'dup'],
      [0.5, 'handOver'],
      [3, 'register'],
      [1.5, 'modify'],
      [1, 'unregister'],
      [0.5, 'getKey'],
      [0.3, 'closeRegistered'],
      [4, 'select'],
      [0.5, 'getMap'],
    ]);
    switch (kind) {
      case 'socketpair':
        return [kind, this.anySlot(), this.anySlot(), this.type()];
      case 'socket':
        return [kind, this.anySlot(), random.pick(['inet', 'inet6', 'unix'] as const), this.type()];
      case 'bind':
        return [kind, a, this.placeFor(random.pick(['inet', 'unix'] as const))];
      case 'listen':
        return [kind, a, random.between(0, 3)];
      case 'connect':
      case 'connectEx':
      case 'accept':
      case 'dup':
      case 'handOver':
        return [kind, a, this.slot()];
      case 'send':
      case 'sendAll':
        return [
          kind,
          a,
          this.size(),
          random.chance(0.15) ? random.pick(['MSG_DONTWAIT', 'MSG_OOB', 'MSG_MORE'] as const) : '',
        ];
      case 'sendTo':
        return [kind, a, this.size(), this.slot()];
      case 'sendMsg': {
        const sizes = Array.from({ length: random.between(0, 4) }, () => this.size());
        return [kind, a, sizes, random.chance(0.5) ? this.slot() : null, random.between(1, 3)];
      }
      case 'recv':
      case 'recvInto':
      case 'recvFrom':
        return [
          kind,
          a,
          this.room(),
          random.chance(0.25) ? random.pick(['MSG_PEEK', 'MSG_DONTWAIT', 'MSG_OOB', 'MSG_WAITALL'] as const) : '',
        ];
      case 'recvMsg':
        return [kind, a, this.room(), random.between(0, 3)];
      case 'shutdown':
        return [kind, a, random.pick(['read', 'write', 'both'] as const)];
      case 'setsockopt':
        return [kind, a, random.pick(OPTIONS), random.pick([0, 1, 1, 2, 64, 255, 256, 5000, 100_000, -1, 2 ** 31 - 1])];
      case 'getsockopt':
        return [kind, a, random.pick(OPTIONS)];
      case 'setTimeout':
        return [kind, a, random.pick([0, 0, 1, 2])];
      case 'register':
      case 'modify':
        return [
          kind,
          a,
          random.weighted([
            [20, random.between(1, 3)],
            [1, random.pick([0, 4])],
          ]),
        ];
      case 'select':
      case 'getMap':
        return [kind];
      default:
        return [kind, a];
    }
  }

  private anySlot(): Slot {
    return this.random.between(0, SLOTS - 1);
  }

  private slot(): Slot {
    return this.random.chance(0.1) ? this.anySlot() : this.random.pick(this.used);
  }

  private type(): SocketType {
    return this.random.pick(['stream', 'stream', 'datagram', 'seqpacket'] as const);
  }

  private placeFor(family: Family): PlaceName {
    if (family !== 'unix') return ['any'];
    const { random } = this;
    return random.chance(0.15) ? ['auto'] : [random.pick(['name', 'file'] as const), random.between(0, 3)];
  }

  private size(): number {
    return this.random.weighted([
      [1, 0],
      [5, this.random.between(1, 30)],
      [2, this.random.between(31, 2000)],
    ]);
  }

  /** Zero is left out where both sides are free to refuse it. */
  private room(): number {
    return this.random.weighted([
      [4, this.random.between(1, 20)],
      [3, this.random.between(21, 5000)],
    ]);
  }
}

/** Yields the program without some calls, or with fewer bytes. */
export function* smallerSocketPrograms(program: SocketProgram): Generator<SocketProgram> {
  for (const calls of smallerLists(program.calls, smallerCalls)) yield { ...program, calls };
}

function* smallerCalls(call: Call): Generator<Call> {
  for (const size of [1, 10]) {
    if (call[0] !== 'send' && call[0] !== 'sendTo') return;
    if (size < call[2]) yield (call as readonly unknown[]).with(2, size) as unknown as Call;
  }
}
