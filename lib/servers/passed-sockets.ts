/** The option `listenFds`: sockets that another process has opened for this one. */

import { wrongType } from '../errors/index.js';
import { SOCK_STREAM } from '../sockets/index.js';
import { type ListenFd, takeListenFds } from '../systemd/listen-fds.js';
import { checkStreamSocket } from '../transports/arguments.js';

/** Throws a TypeError unless the option is undefined, a boolean or a name. */
export function checkListenFds(method: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean' && typeof value !== 'string')
    throw wrongType(`${method}: listenFds`, 'a boolean or the name of a socket', value);
}

/** Takes the sockets that the option asks for: all stream sockets, or those of a name, which must be stream sockets. */
export function passedSockets(method: string, listenFds: boolean | string = false): ListenFd[] {
  if (listenFds === false) return [];
  if (listenFds === true) return takeListenFds(({ socket }) => socket.type === SOCK_STREAM);
  const passed = takeListenFds(({ name }) => name === listenFds);
  try {
    for (const { socket } of passed) checkStreamSocket(method, socket);
  } catch (error) {
    for (const { socket } of passed) socket.close();
    throw error;
  }
  return passed;
}
