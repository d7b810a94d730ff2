/** Resets a TCP connection instead of ending it: a socket that does not linger is closed with RST. */

import { checkNames, optionNames } from '../errors/index.js';
import { SOL_SOCKET, SO_LINGER, Socket } from '../sockets/index.js';
import { checkFlag } from './arguments.js';
import type { AbortOptions } from './contract.js';

/** `struct linger`: on, for 0 seconds. */
const FOR_NO_TIME = Buffer.from(new Int32Array([1, 0]).buffer);

const OPTIONS = optionNames<AbortOptions>({ reset: true });

/** Returns whether the options of `abort` ask for a reset. @throws TypeError for invalid ones */
export function wantsReset(options: AbortOptions | undefined): boolean {
  if (options === undefined) return false;
  const { reset } = checkNames('abort: options', options, OPTIONS);
  checkFlag('abort: reset', reset);
  return reset === true;
}

/** Makes closing the socket reset its connection. Does nothing for another object, and for a socket that is closed. */
export function doNotLinger(socket: unknown): void {
  if (socket instanceof Socket && socket.fileno() >= 0) socket.setsockopt(SOL_SOCKET, SO_LINGER, FOR_NO_TIME);
}
