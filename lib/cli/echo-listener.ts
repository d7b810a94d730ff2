/** The socket on which `selectloop echo` listens. */

import { resolveLocal } from '../sock/resolver.js';
import { SOL_SOCKET, SO_REUSEADDR, Socket } from '../sockets/index.js';
import { listenFds } from '../systemd/index.js';
import type { Steps } from '../tasks/index.js';

/** Where to listen. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Returns the socket that this process was started with, or one bound to the first address of the host. The caller owns it. */
export function* boundSocket({ host, port }: Endpoint): Steps<Socket> {
  const [passed, ...others] = listenFds();
  for (const { socket } of others) socket.close();
  if (passed !== undefined) {
    passed.socket.setBlocking(false);
    return passed.socket;
  }
  const [first] = yield* resolveLocal(host, port, {});
  if (first === undefined) throw new Error(`${host} has no address`);
  const socket = new Socket(first.family);
  try {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    socket.setBlocking(false);
    socket.bind(first.address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
