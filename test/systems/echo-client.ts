/**
 * The client that all echo servers are driven by: random sizes, slow writers, killed clients, many at once.
 *
 * What it sends are capital letters in lines, so that a server which answers line by line in capitals echoes it as well.
 */

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

const LINE = 61;

/** `bytes` bytes, capital letters with a CRLF at the end of each line and of the whole. */
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

/** Sends `bytes` in pieces with a break after each, ends its side, and expects to read the same back, to the end. */
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
  if (!back.equals(sent)) throw new Error(`sent ${bytes} bytes, and ${back.length} came back, or others`);
}

/** Sends something and is gone, with a reset, before it has read the answer. */
async function isKilled(port: number): Promise<void> {
  const socket = await open(port);
  socket.on('error', () => undefined);
  socket.write(payload(randomInt(100, 20_000)));
  await turn();
  socket.resetAndDestroy();
  await once(socket, 'close');
}

/** Drives a server. Resolves when every client that was not killed has had its echo. */
export async function driveEcho(port: number): Promise<void> {
  await converse(port, 2, 1, turn); // nothing but a delimiter, in two pieces
  await converse(port, 200_000, 50_000, turn); // more than one send takes
  await Promise.all([
    ...Array.from({ length: 200 }, () => converse(port, randomInt(2, 3000), randomInt(200, 3000), turn)),
    ...Array.from({ length: 10 }, () => isKilled(port)),
    ...Array.from({ length: 5 }, () => converse(port, 30, 6, () => pause(5))), // slow writers
  ]);
  await converse(port, 100, 100, turn); // and it is still there
}
