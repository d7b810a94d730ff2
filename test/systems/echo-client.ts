/**
 * A client that tests an echo server with random sizes, slow writers, killed clients, and many concurrent connections.
 *
 * It sends lines of capital letters, so that a server which answers each line in capitals passes too.
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

const LINE = 61;

/** Returns `bytes` bytes: lines of capital letters that end with CRLF. */
function payload(bytes: number): Buffer {
  const text = Array.from(
    { length: Math.ceil(bytes / LINE) },
    () => `${String.fromCharCode(65 + randomInt(26)).repeat(LINE - 2)}\r\n`,
  ).join('');
  return Buffer.from(`${text.slice(0, bytes - 2)}\r\n`);
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Sends `bytes` bytes in pieces with a pause after each, half-closes, and expects to read the same bytes and then EOF. */
async function converse(port: number, bytes: number, pieceBytes: number, rest: () => Promise<unknown>): Promise<void> {
  const socket = await open(port);
  const sent = payload(bytes);
  const received: Buffer[] = [];
  const ended = once(
    socket.on('data', (chunk: Buffer) => received.push(chunk)),
    'end',
  );
  for (let at = 0; at < bytes; at += pieceBytes) {
    if (!socket.write(sent.subarray(at, at + pieceBytes))) await once(socket, 'drain');
    await rest();
  }
  socket.end();
  await ended;
  const back = Buffer.concat(received);
  if (!back.equals(sent)) throw new Error(`sent ${bytes} bytes; the ${back.length} bytes received differ`);
}

/** Sends data and resets the connection before it has read the echo. */
async function isKilled(port: number): Promise<void> {
  const socket = await open(port);
  socket.on('error', () => undefined);
  socket.write(payload(randomInt(100, 20_000)));
  await turn();
  socket.resetAndDestroy();
  await once(socket, 'close');
}

/** Tests a server. Resolves when every client that was not killed has received its echo. */
export async function driveEcho(port: number): Promise<void> {
  await converse(port, 2, 1, turn); // only a delimiter, in two pieces
  await converse(port, 200_000, 50_000, turn); // more than one send accepts
  await Promise.all([
    ...Array.from({ length: 200 }, () => converse(port, randomInt(2, 3000), randomInt(200, 3000), turn)),
    ...Array.from({ length: 10 }, () => isKilled(port)),
    ...Array.from({ length: 5 }, () => converse(port, 30, 6, () => pause(5))), // slow writers
  ]);
  await converse(port, 100, 100, turn); // the server still works
}
