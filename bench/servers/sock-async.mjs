/** An echo server on raw sockets (`sockRecv`, `sockSendAll`), with an async function for each connection. */

import { createTask, sockAccept, sockRecv, sockSendAll } from 'selectloop';

import { ignoreLostPeer, listeningSocket, prepare } from './sockets.mjs';
import { CHUNK_BYTES, serve } from './support.mjs';

async function echo(socket) {
  try {
    for (;;) {
      const data = await sockRecv(socket, CHUNK_BYTES);
      if (data.length === 0) break;
      await sockSendAll(socket, data);
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    socket.close();
  }
}

await serve(async () => {
  const listener = listeningSocket();
  for (;;) {
    const { socket } = await sockAccept(listener);
    prepare(socket);
    createTask(() => echo(socket));
  }
});
