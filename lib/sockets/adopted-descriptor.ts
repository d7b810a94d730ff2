/** The descriptor of a new Socket. */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { checkInt } from './arguments.js';
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from './constants.js';

/** A socket descriptor and its properties, passed to the Socket that takes ownership of it. @internal */
export class AdoptedDescriptor {
  constructor(
    readonly fd: number,
    readonly family: number,
    readonly type: number,
    readonly timeoutMs: number | null,
  ) {}
}

/** Creates a socket. @throws TypeError or RangeError for an invalid argument, OSError if the kernel refuses @internal */
export function openSocket(family: number, type: number, protocol: number): AdoptedDescriptor {
  checkInt('family', family);
  checkInt('type', type);
  checkInt('protocol', protocol);
  const fd = checked(native.socket(family, type, protocol), 'socket');
  const nonBlocking = (type & SOCK_NONBLOCK) !== 0;
  return new AdoptedDescriptor(fd, family, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), nonBlocking ? 0 : null);
}
