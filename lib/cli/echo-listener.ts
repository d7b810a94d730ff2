/** The socket that `selectloop echo` listens on. */

import { resolveLocal } from '../sock/resolver.js';
import { SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT, Socket } from '../sockets/index.js';
import type { Steps } from '../tasks/index.js';

/** Where to listen. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A socket bound to the first address of the host. The caller owns it. */
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
 * A bound socket that keeps a port for workers to share, and never listens.
 *
 * It says so only once it is bound: bound at first without SO_REUSEPORT, it is refused while anybody else listens on the port,
 * be it another `selectloop echo --workers`, with which it would otherwise share the connections unnoticed.
 */
export function* reservedPort(endpoint: Endpoint): Steps<Socket> {
  const socket = yield* boundSocket(endpoint, { reusePort: false });
  socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
  return socket;
}
