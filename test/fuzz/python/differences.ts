/** The differences between the socket and selector calls of Python and of this library. docs/differences-from-python.md explains them. */

import type { Call } from './socket-program.js';

/** A difference that the comparison accepts. */
export interface Difference {
  /** How its row in the document begins. */
  readonly row: string;
  /** The calls that it concerns. */
  readonly calls: ReadonlyArray<Call[0]>;
  readonly inPython: RegExp;
  readonly here: RegExp;
  /** A program whose last call shows it. */
  readonly example: readonly Call[];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    row: '`modify` accepts any mask of events',
    calls: ['modify'],
    inPython: /./,
    here: /^misuse$/,
    example: [
      ['socketpair', 0, 1, 'stream'],
      ['register', 0, 1],
      ['modify', 0, 0],
    ],
  },
  {
    row: 'a closed file object that is not registered is a ValueError',
    calls: ['unregister', 'modify', 'getKey', 'closeRegistered'],
    inPython: /^misuse$/,
    here: /^ENOENT$/,
    example: [
      ['socketpair', 0, 1, 'stream'],
      ['close', 0],
      ['unregister', 0],
    ],
  },
  {
    row: '`sendmsg` over TCP or UDP ignores descriptors',
    calls: ['sendMsg'],
    inPython: /./,
    here: /^EINVAL$/,
    example: [
      ['socket', 0, 'inet', 'datagram'],
      ['bind', 0, ['any']],
      ['connect', 0, 0],
      ['sendMsg', 0, [5], 0, 1],
    ],
  },
  {
    row: 'arguments are checked before a closed socket is noticed',
    calls: ['bind', 'connect', 'connectEx', 'sendTo'],
    inPython: /^misuse$/,
    here: /^(EBADF|errno 9)$/,
    example: [
      ['socket', 0, 'inet', 'stream'],
      ['close', 0],
      ['bind', 0, ['auto']],
    ],
  },
  {
    row: 'with a timeout, a call waits before its first attempt',
    calls: ['accept', 'recv', 'recvInto', 'recvFrom', 'recvMsg', 'send', 'sendAll', 'sendTo', 'sendMsg'],
    inPython: /^timeout$/,
    here: /^(\d+( bytes, .*)?$|ok$|E(NOTCONN|INVAL|PIPE|CONNRESET|DESTADDRREQ|NOTSUP|ISCONN)$)/,
    example: [
      ['socket', 0, 'inet', 'stream'],
      ['listen', 0, 1],
      ['setTimeout', 0, 1],
      ['recv', 0, 10, ''],
    ],
  },
];

/** Returns true for a `modify` that Python does not check: it may have unregistered the file object, whatever the outcome. */
export const leavesUnclear = (call: Call): boolean => call[0] === 'modify' && (call[2] < 1 || call[2] > 3);

/** Returns true if a call may have these outcomes. */
export function isDocumented(call: Call[0], inPython: string, here: string): boolean {
  return DIFFERENCES.some((each) => each.calls.includes(call) && each.inPython.test(inPython) && each.here.test(here));
}
