/** Pairs of connected sockets. */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkInt } from './arguments.js';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from './constants.js';
import { AdoptedDescriptor } from './adopted-descriptor.js';
import { Socket } from './socket.js';

/**
 * Creates two sockets that are connected to each other: each receives what the other sends.
 *
 * @param family AF_UNIX; Linux supports no other
 * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; with `| SOCK_NONBLOCK` they start non-blocking
 * @throws TypeError or RangeError unless both are integers >= 0; OSError: EMFILE, ENOTSUP
 */
export function socketpair(family = AF_UNIX, type = SOCK_STREAM): [Socket, Socket] {
  checkInt('family', family);
  checkInt('type', type);
  const pair = new Int32Array(2);
  checked(native.socketpair(family, type, 0, pair), 'socketpair');
  const timeoutMs = (type & SOCK_NONBLOCK) !== 0 ? 0 : null;
  const adopt = (fd: number): Socket =>
    new Socket(new AdoptedDescriptor(fd, family, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), timeoutMs));
  return [adopt(pair[0]!), adopt(pair[1]!)];
}
