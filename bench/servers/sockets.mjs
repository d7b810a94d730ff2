/** Shared by the two servers on raw sockets. */

import { IPPROTO_TCP, OSError, Socket, TCP_NODELAY } from 'selectloop';

import { announce, backlog } from './support.mjs';

/** Opens a listening socket on loopback. */
export function listeningSocket() {
  const listener = new Socket();
  listener.setBlocking(false);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen(backlog);
  announce(listener.getsockname());
  return listener;
}

/** Configures an accepted socket. */
export function prepare(socket) {
  socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
}

/** Ignores the OSError of a lost connection, which ends only the coroutine that serves it; rethrows every other error. */
export function ignoreLostPeer(error) {
  if (!(error instanceof OSError)) throw error;
}
