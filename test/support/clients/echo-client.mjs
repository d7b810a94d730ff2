/**
 * A client of an echo server on Node's `net`: opens many concurrent connections, sends random bytes on each in random pieces, and
 * checks every byte that comes back.
 *
 * node echo-client.mjs PORT CONNECTIONS BYTES     exits with 0 and prints a summary, or reports the difference
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const LARGEST_PIECE = 16 * 1024;
const below = (n) => Math.floor(Math.random() * n);
const [port, connections, bytes] = process.argv.slice(2).map(Number);

async function open() {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function send(socket, data) {
  for (let sent = 0; sent < data.length;) {
    const piece = data.subarray(sent, sent + 1 + below(LARGEST_PIECE));
    sent += piece.length;
    if (!socket.write(piece)) await once(socket, 'drain');
    else if (below(2) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

async function receive(socket, expected) {
  let received = 0;
  socket.on('data', (piece) => {
    if (!piece.equals(expected.subarray(received, received + piece.length))) {
      throw new Error(`a byte differs between ${received} and ${received + piece.length}`);
    }
    received += piece.length;
  });
  await once(socket, 'end');
  if (received !== expected.length) throw new Error(`${received} of ${expected.length} bytes came back`);
}

const sockets = await Promise.all(Array.from({ length: connections }, open));
await Promise.all(
  sockets.map(async (socket) => {
    const data = randomBytes(bytes);
    await Promise.all([send(socket, data), receive(socket, data)]);
  }),
);
console.log(`${connections} connections echoed ${bytes} bytes each`);
