/** A UDP echo server on raw sockets that receives and sends many datagrams in one call. */

import { sockRecvMany, sockSendMany } from 'selectloop';
import { AF_INET, DatagramBatch, SOCK_DGRAM, Socket } from 'selectloop/sockets';

import { announce, serve } from './support.mjs';

await serve(function* () {
  const socket = new Socket(AF_INET, SOCK_DGRAM);
  socket.setBlocking(false);
  socket.bind({ host: '127.0.0.1', port: 0 });
  announce(socket.getsockname());
  const batch = new DatagramBatch();
  for (;;) {
    yield* sockRecvMany(socket, batch);
    yield* sockSendMany(socket, batch);
  }
});
