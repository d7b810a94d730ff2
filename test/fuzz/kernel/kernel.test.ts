/** The bounded part of `npm run fuzz -- --only kernel`, and programs whose outcomes on the two kernels once differed. */

import { describe, it } from 'vitest';

import { findsNothing, passes } from '../kinds.js';
import type { Call } from './program.js';

/** A listener, a connection to it, and its other end. */
const tcp = (a: number, b: number, c: number): Call[] => [
  ['socket', a, 'inet6', 'stream'],
  ['listen', a, 2],
  ['socket', b, 'inet6', 'stream'],
  ['connect', b, a],
  ['accept', a, c],
];

const ONCE_DIFFERED: ReadonlyArray<readonly [name: string, calls: readonly Call[]]> = [
  ['a send buffer grows with the connection', [...tcp(2, 7, 1), ['getsockopt', 7, 'SO_SNDBUF']]],
  [
    'an option of a protocol that the socket does not have',
    [
      ['socket', 1, 'inet', 'stream'],
      ['getsockopt', 1, 'IPV6_V6ONLY'],
      ['setsockopt', 1, 'IPV6_V6ONLY', 1],
      ['bind', 1, ['any']],
      ['setsockopt', 1, 'IPV6_V6ONLY', 1],
    ],
  ],
  [
    'IPV6_V6ONLY of a bound socket',
    [
      ['socket', 6, 'inet6', 'datagram'],
      ['bind', 6, ['any']],
      ['getsockopt', 6, 'IPV6_V6ONLY'],
      ['setsockopt', 6, 'IPV6_V6ONLY', 1],
    ],
  ],
  [
    'writev without bytes does not reach the file',
    [
      ['socketpair', 0, 6, 'datagram'],
      ['writev', 0, []],
      ['writev', 0, [0]],
      ['pipe', 1, 2],
      ['writev', 1, []],
      ['eventfd', 3],
      ['writev', 3, [8, 1385]],
    ],
  ],
  [
    'an eventfd takes eight bytes, not more',
    [
      ['eventfd', 5],
      ['write', 5, 10],
      ['write', 5, 8],
    ],
  ],
  [
    'epoll forgets a closed file before its number is used again',
    [...tcp(1, 3, 2), ['send', 2, 1, ''], ['register', 2, 2], ['close', 2], ['dup', 3, 3], ['select', 16]],
  ],
  [
    'an IPv6 datagram socket and addresses of IPv4',
    [
      ['socket', 4, 'inet', 'stream'],
      ['socket', 3, 'inet6', 'datagram'],
      ['connect', 3, 3],
      ['connect', 3, 4],
      ['socket', 2, 'inet6', 'datagram'],
      ['bind', 2, ['any']],
      ['connect', 2, 4],
      ['sendTo', 2, 1, 4],
    ],
  ],
  [
    'a UNIX datagram socket that was shut down has no peer to look for',
    [
      ['socket', 1, 'unix', 'datagram'],
      ['shutdown', 1, 2],
      ['send', 1, 1, ''],
    ],
  ],
  [
    'an accepted connection keeps its address when it is dissolved',
    [...tcp(3, 6, 3), ['disconnect', 3], ['getsockname', 3]],
  ],
  [
    'an unconnected sequenced packet socket does not look at descriptors',
    [
      ['socket', 6, 'unix', 'seqpacket'],
      ['sendMsg', 6, [10], 0, 3],
    ],
  ],
  [
    'an unread message without bytes is no lost data',
    [
      ['socketpair', 5, 2, 'seqpacket'],
      ['sendMsg', 2, [], null, 1],
      ['close', 5],
      ['read', 2, 8],
    ],
  ],
  [
    'files that read cannot return are closed',
    [
      ['socketpair', 0, 3, 'stream'],
      ['sendMsg', 0, [7], 0, 2],
      ['close', 0],
      ['read', 3, 100],
    ],
  ],
  [
    'a socket that was shut down and calls itself ends its stream',
    [
      ['socket', 0, 'inet6', 'stream'],
      ['shutdown', 0, 1],
      ['bind', 0, ['any']],
      ['connect', 0, 0],
    ],
  ],
  [
    'a datagram socket that is connected to port 0 takes what it sends to itself',
    [
      ['socket', 3, 'inet6', 'datagram'],
      ['socket', 7, 'inet6', 'stream'],
      ['connect', 3, 7],
      ['sendTo', 3, 1, 3],
    ],
  ],
  [
    'a pending error comes before the bytes that recvMany could return',
    [...tcp(1, 2, 0), ['close', 2], ['send', 0, 1, ''], ['recvMany', 0, 1]],
  ],
  [
    'a datagram socket that is closed has no peer',
    [
      ['socketpair', 3, 7, 'datagram'],
      ['socket', 0, 'unix', 'datagram'],
      ['bind', 0, ['name', 1]],
      ['connect', 7, 0],
      ['close', 7],
      ['send', 3, 1, ''],
    ],
  ],
  [
    'recvMany has no room for control messages',
    [
      ['socket', 6, 'inet6', 'datagram'],
      ['bind', 6, ['any']],
      ['setsockopt', 6, 'IPV6_RECVHOPLIMIT', 1],
      ['sendTo', 6, 0, 6],
      ['recvMany', 6, 1],
    ],
  ],
  [
    'an IPv6 socket that sends to IPv4 takes a source of IPv4 only',
    [
      ['socket', 1, 'inet', 'datagram'],
      ['socket', 0, 'inet6', 'datagram'],
      ['send', 1, 1, ''],
      ['sendControl', 0, 23, 1, 'IPV6_PKTINFO', 216],
    ],
  ],
  [
    'the port of the end that has closed first stays in use',
    [
      ...tcp(1, 2, 0),
      ['shutdown', 0, 1],
      ['close', 2],
      ['close', 1],
      ['socket', 3, 'inet6', 'stream'],
      ['bindTo', 3, 0],
      ['setsockopt', 3, 'SO_REUSEADDR', 1],
      ['bindTo', 3, 0],
    ],
  ],
  [
    'recvMany closes the files that it cannot return after the last message',
    [
      ['socketpair', 0, 2, 'seqpacket'],
      ['sendMsg', 0, [30, 29], 0, 1],
      ['close', 0],
      ['send', 2, 30, ''],
      ['shutdown', 2, 0],
      ['recvMany', 2, 3689],
    ],
  ],
];

describe('random programs of system calls', () => {
  it('do the same on Linux and on the simulated kernel', () => findsNothing('kernel', 250));
});

describe('Linux and the simulated kernel agree about', () => {
  it.each(ONCE_DIFFERED)('%s', (_name, calls) => passes('kernel', { calls }));
});
