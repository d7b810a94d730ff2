/** An echo server on raw sockets (`sockRecv`, `sockSendAll`), with a generator coroutine for each connection. */

import { createTask, sockAccept, sockRecv, sockSendAll } from 'selectloop';

import { ignoreLostPeer, listeningSocket, prepare } from './sockets.mjs';
import { CHUNK_BYTES, serve } from './support.mjs';

function* echo(socket) {
  try {
    for (;;) {
      const data = yield* sockRecv(socket, CHUNK_BYTES);
      if (data.length === 0) break;
      yield* sockSendAll(socket, data);
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    socket.close();
  }
}

await serve(function* () {
  const listener = listeningSocket();
  for (;;) {
    const { socket } = yield* sockAccept(listener);
    prepare(socket);
    createTask(echo(socket));
  }
});
