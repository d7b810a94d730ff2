/** A UDP echo server on raw sockets, with a call for each datagram. */

import { sockRecvFrom, sockSendTo } from 'selectloop';
import { AF_INET, SOCK_DGRAM, Socket } from 'selectloop/sockets';

import { announce, serve } from './support.mjs';

await serve(function* () {
  const socket = new Socket(AF_INET, SOCK_DGRAM);
  socket.setBlocking(false);
  socket.bind({ host: '127.0.0.1', port: 0 });
  announce(socket.getsockname());
  for (;;) {
    const { data, address } = yield* sockRecvFrom(socket, 2048);
    yield* sockSendTo(socket, data, address);
  }
});
