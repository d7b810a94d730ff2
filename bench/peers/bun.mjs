/* global Bun */
/** Echo with Bun's own TCP sockets. Bun has no setting for the backlog. */

/** Sends what the socket takes; the rest is kept, and nothing is read from the client until it is gone. */
function send(socket, data) {
  const sent = Math.max(0, socket.write(data));
  if (sent === data.length) return;
  socket.data.rest = Buffer.from(data.subarray(sent)); // a copy: the buffer of `data` is Bun's
  socket.pause();
}

const server = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    binaryType: 'buffer',
    open(socket) {
      socket.data = { rest: null };
      socket.setNoDelay(true);
    },
    data: send,
    drain(socket) {
      const { rest } = socket.data;
      if (rest === null) return;
      const sent = Math.max(0, socket.write(rest));
      socket.data.rest = sent === rest.length ? null : rest.subarray(sent);
      if (socket.data.rest === null) socket.resume();
    },
    error() {}, // a client that goes away ends its connection, nothing else
  },
});

process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
