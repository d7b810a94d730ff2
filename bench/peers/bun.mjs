/* global Bun */
/** Echo with Bun's own TCP sockets. Bun has no option for the backlog. */

/** Sends as much as the socket accepts and keeps the rest. The server does not read from the client until the rest is sent. */
function send(socket, data) {
  const sent = Math.max(0, socket.write(data));
  if (sent === data.length) return;
  socket.data.rest = Buffer.from(data.subarray(sent)); // a copy, because Bun owns the buffer of `data`
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
    error() {}, // a lost connection affects no other client
  },
});

process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
