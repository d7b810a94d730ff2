/** The socket on which `selectloop echo` listens. */

import { resolveLocal } from '../sock/resolver.js';
import { SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT, Socket } from '../sockets/index.js';
import type { Steps } from '../tasks/index.js';

/** Where to listen. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Returns a socket bound to the first address of the host. The caller owns it. */
export function* boundSocket({ host, port }: Endpoint, options: { reusePort: boolean }): Steps<Socket> {
  const [first] = yield* resolveLocal(host, port, {});
  if (first === undefined) throw new Error(`${host} has no address`);
  const socket = new Socket(first.family);
  try {
    socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    if (options.reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    socket.setBlocking(false);
    socket.bind(first.address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * Returns a bound socket that reserves a port for the workers to share; it never listens.
 *
 * SO_REUSEPORT is set only after binding. So the bind fails if another program is listening on the port, such as a second `selectloop
 * echo --workers`, which would otherwise take a share of the connections unnoticed.
 */
export function* reservedPort(endpoint: Endpoint): Steps<Socket> {
  const socket = yield* boundSocket(endpoint, { reusePort: false });
  socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
  return socket;
}
