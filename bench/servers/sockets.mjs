/** What the two servers on raw sockets share. */

import { IPPROTO_TCP, OSError, Socket, TCP_NODELAY } from 'selectloop';

import { announce, backlog } from './support.mjs';

/** A socket that listens on loopback. */
export function listeningSocket() {
  const listener = new Socket();
  listener.setBlocking(false);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen(backlog);
  announce(listener.getsockname());
  return listener;
}

/** To be called with each accepted socket. */
export function prepare(socket) {
  socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
}

/** A client that goes away in the middle ends its connection, nothing else. */
export function ignoreLostPeer(error) {
  if (!(error instanceof OSError)) throw error;
}
