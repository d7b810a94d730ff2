/** Random programs of system calls. run.ts runs them on Linux and on the simulated kernel. */

import { smallerLists } from '../campaign.js';
import { Random } from '../random.js';

/** The number of a variable that may hold a descriptor. */
export type Slot = number;

export type Family = 'inet' | 'inet6' | 'unix';
export type SocketType = 'stream' | 'datagram' | 'seqpacket';
/** A flag of a send or a receive, by its name in C; '' is none. */
export type Flag = '' | 'MSG_PEEK' | 'MSG_DONTWAIT' | 'MSG_TRUNC' | 'MSG_MORE' | 'MSG_WAITALL';

/** `any`: the loopback address and a port that the kernel chooses; `name` and `file`: UNIX names, by number; `auto`: an empty name. */
export type Place = readonly ['any'] | readonly ['name' | 'file', number] | readonly ['auto'];

/** One call. Every descriptor is non-blocking. */
export type Call =
  | readonly ['socketpair', Slot, Slot, SocketType]
  | readonly ['pipe', Slot, Slot]
  | readonly ['eventfd', Slot]
  | readonly ['socket', Slot, Family, SocketType]
  | readonly ['bind', Slot, Place]
  | readonly ['listen', Slot, number]
  | readonly ['connect' | 'accept' | 'dup' | 'bindTo', Slot, Slot]
  | readonly ['disconnect' | 'getsockname' | 'getpeername' | 'close' | 'probe' | 'notify' | 'drain', Slot]
  | readonly ['send', Slot, number, Flag]
  | readonly ['sendTo', Slot, number, Slot]
  | readonly ['sendMsg', Slot, readonly number[], Slot | null, number]
  | readonly ['sendControl', Slot, number, Slot | null, ControlName, number]
  | readonly ['write', Slot, number]
  | readonly ['writev' | 'sendEach', Slot, readonly number[]]
  | readonly ['recv' | 'recvFrom', Slot, number, Flag]
  | readonly ['recvMsg', Slot, number, number, Slot]
  | readonly ['recvMsgInto', Slot, readonly number[], number]
  | readonly ['read', Slot, number]
  | readonly ['recvEach', readonly Slot[], number]
  | readonly ['sendMany', Slot, readonly number[]]
  | readonly ['recvMany', Slot, number]
  | readonly ['shutdown', Slot, number]
  | readonly ['setsockopt', Slot, OptionName, number]
  | readonly ['getsockopt', Slot, OptionName]
  | readonly ['linger', Slot, number, number]
  | readonly ['register' | 'modify', Slot, number]
  | readonly ['unregister', Slot]
  | readonly ['select', number];

/** A control message; `unknown` is one that no kernel knows. */
export type ControlName =
  'IP_TTL' | 'IP_TOS' | 'IP_PKTINFO' | 'IPV6_HOPLIMIT' | 'IPV6_TCLASS' | 'IPV6_PKTINFO' | 'unknown';

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
  | 'SO_LINGER'
  | 'SO_PROTOCOL'
  | 'SO_DOMAIN'
  | 'TCP_NODELAY'
  | 'TCP_CORK'
  | 'IP_TTL'
  | 'IPV6_V6ONLY'
  | 'IP_PKTINFO'
  | 'IP_RECVTTL'
  | 'IP_RECVTOS'
  | 'IPV6_RECVPKTINFO'
  | 'IPV6_RECVHOPLIMIT'
  | 'IPV6_RECVTCLASS';

export interface KernelProgram {
  readonly calls: readonly Call[];
}

export const SLOTS = 8;
const CALLS = 40;

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
  'SO_LINGER',
  'SO_PROTOCOL',
  'SO_DOMAIN',
  'TCP_NODELAY',
  'TCP_CORK',
  'IP_TTL',
  'IPV6_V6ONLY',
  'IP_PKTINFO',
  'IP_RECVTTL',
  'IP_RECVTOS',
  'IPV6_RECVPKTINFO',
  'IPV6_RECVHOPLIMIT',
  'IPV6_RECVTCLASS',
];

const CONTROLS: readonly ControlName[] = [
  'IP_TTL',
  'IP_TOS',
  'IP_PKTINFO',
  'IPV6_HOPLIMIT',
  'IPV6_TCLASS',
  'IPV6_PKTINFO',
  'unknown',
];

const FAMILIES: readonly Family[] = ['inet', 'inet6', 'unix'];

/** Returns the program of a seed: a few calls that connect sockets, and then random ones; 40 in all. */
export function makeKernelProgram(seed: number): KernelProgram {
  const random = new Random(seed);
  const maker = new Maker(random);
  const calls: Call[] = [];
  for (let i = random.between(1, 3); i > 0; i -= 1) calls.push(...maker.beginning());
  while (calls.length < CALLS) calls.push(maker.call());
  return { calls };
}

class Maker {
  /** The slots that hold something, most likely. */
  private readonly used: Slot[] = [0];

  constructor(private readonly random: Random) {}

  beginning(): Call[] {
    const { random } = this;
    const [a, b, c] = [this.anySlot(), this.anySlot(), this.anySlot()];
    this.used.push(a, b, c);
    const family = random.pick(FAMILIES);
    const place = this.placeFor(family);
    return random.weighted<() => Call[]>([
      [3, () => [['socketpair', a, b, this.type()]]],
      [1, () => [['pipe', a, b]]],
      [
        4,
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
      [0.7, 'socketpair'],
      [0.3, 'pipe'],
      [0.3, 'eventfd'],
      [1, 'socket'],
      [1, 'bind'],
      [0.5, 'bindTo'],
      [0.7, 'listen'],
      [2, 'connect'],
      [0.2, 'disconnect'],
      [1.5, 'accept'],
      [5, 'send'],
      [2, 'sendTo'],
      [2, 'sendMsg'],
      [1.5, 'sendControl'],
      [1, 'write'],
      [0.5, 'writev'],
      [0.5, 'sendEach'],
      [5, 'recv'],
      [2, 'recvFrom'],
      [2, 'recvMsg'],
      [0.7, 'recvMsgInto'],
      [1.5, 'read'],
      [0.7, 'recvEach'],
      [0.7, 'sendMany'],
      [1, 'recvMany'],
      [1.5, 'shutdown'],
      [0.7, 'getsockname'],
      [0.7, 'getpeername'],
      [2, 'close'],
      [0.3, 'probe'],
      [0.2, 'notify'],
      [0.2, 'drain'],
      [1.5, 'setsockopt'],
      [1.5, 'getsockopt'],
      [0.3, 'linger'],
      [1, 'dup'],
      [3, 'register'],
      [1, 'modify'],
      [1, 'unregister'],
      [4, 'select'],
    ]);
    switch (kind) {
      case 'socketpair':
        return [kind, this.anySlot(), this.anySlot(), this.type()];
      case 'pipe':
        return [kind, this.anySlot(), this.anySlot()];
      case 'eventfd':
        return [kind, this.anySlot()];
      case 'socket':
        return [kind, this.anySlot(), random.pick(FAMILIES), this.type()];
      case 'bind':
        return [kind, a, this.placeFor(random.pick(FAMILIES))];
      case 'listen':
        return [kind, a, random.between(-1, 3)];
      case 'bindTo':
      case 'connect':
      case 'accept':
      case 'dup':
        return [kind, a, this.slot()];
      case 'send':
        return [kind, a, this.size(), random.chance(0.1) ? random.pick(['MSG_DONTWAIT', 'MSG_MORE'] as const) : ''];
      case 'sendTo':
        return [kind, a, this.size(), this.slot()];
      case 'sendMsg':
        return [kind, a, this.sizes(), random.chance(0.5) ? this.slot() : null, random.between(1, 3)];
      case 'sendControl': {
        const to = random.chance(0.7) ? this.slot() : null;
        return [kind, a, this.size(), to, random.pick(CONTROLS), random.between(-2, 257)];
      }
      case 'write':
        return [kind, a, this.size()];
      case 'writev':
      case 'sendEach':
      case 'sendMany':
        return [kind, a, this.sizes()];
      case 'recv':
      case 'recvFrom': {
        const flags = ['MSG_PEEK', 'MSG_DONTWAIT', 'MSG_WAITALL', 'MSG_TRUNC'] as const;
        return [kind, a, this.room(), random.chance(0.25) ? random.pick(flags) : ''];
      }
      case 'recvMsg':
        return [kind, a, this.room(), random.between(0, 3), this.anySlot()];
      case 'recvMsgInto':
        return [kind, a, [this.room(), this.room()], random.between(0, 3)];
      case 'read':
      case 'recvMany':
        return [kind, a, this.room()];
      case 'recvEach':
        return [kind, [a, this.slot()], this.room()];
      case 'shutdown':
        return [kind, a, random.between(0, 2)];
      case 'setsockopt':
        return [kind, a, random.pick(OPTIONS), random.pick([0, 1, 1, 2, 64, 255, 256, 5000, 100_000, -1, 2 ** 31 - 1])];
      case 'getsockopt':
        return [kind, a, random.pick(OPTIONS)];
      case 'linger':
        return [kind, a, random.between(0, 1), 0];
      case 'register':
      case 'modify':
        return [kind, a, random.between(1, 3)];
      case 'select':
        return [kind, random.weighted([[4, 16], [1, random.between(1, 2)]])]; // prettier-ignore
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

  private placeFor(family: Family): Place {
    if (family !== 'unix') return ['any'];
    const { random } = this;
    return random.chance(0.15) ? ['auto'] : [random.pick(['name', 'file'] as const), random.between(0, 3)];
  }

  private size(): number {
    return this.random.weighted([
      [1, 0],
      [5, this.random.between(1, 30)],
      [2, this.random.between(31, 2000)],
      [0.5, this.random.between(2001, 20_000)],
    ]);
  }

  private sizes(): number[] {
    return Array.from({ length: this.random.between(0, 4) }, () => this.size());
  }

  private room(): number {
    return this.random.weighted([
      [0.2, 0],
      [4, this.random.between(1, 20)],
      [3, this.random.between(21, 5000)],
      [0.5, 50_000],
    ]);
  }
}

/** Yields the program without some calls, or with fewer bytes. */
export function* smallerKernelPrograms({ calls: all }: KernelProgram): Generator<KernelProgram> {
  for (const calls of smallerLists(all, smallerCalls)) yield { calls };
}

function* smallerCalls(call: Call): Generator<Call> {
  for (const size of [1, 10]) {
    if (call[0] !== 'send' && call[0] !== 'sendTo' && call[0] !== 'write') return;
    if (size < call[2]) yield (call as readonly unknown[]).with(2, size) as unknown as Call;
  }
}
