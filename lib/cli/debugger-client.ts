/**
 * One call to the debugger of another Node process: a WebSocket client that sends one request and reads one answer (RFC 6455). Node 20 has no
 * WebSocket.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** How long each step may take. */
const PATIENCE_MS = 5000;

/** Sends a method of the debugger's protocol to the process that listens on a port of loopback, and returns the result. */
export async function callDebugger(port: number, method: string, params: object): Promise<unknown> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const options = { host: '127.0.0.1', port, agent: false, signal };
  const listing = request({ ...options, path: '/json/list' }).end();
  const [response] = (await once(listing, 'response')) as [IncomingMessage];
  const [target] = JSON.parse(await text(response)) as Array<{ webSocketDebuggerUrl: string }>;
  const { pathname } = new URL(target?.webSocketDebuggerUrl ?? '');
  const key = randomBytes(16).toString('base64');
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': key,
  };
  const upgrading = request({ ...options, path: pathname, headers }).end();
  const [, socket, head] = (await once(upgrading, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  try {
    socket.write(frameOf(JSON.stringify({ id: 1, method, params })));
    for await (const message of messagesOf(socket, head)) {
      const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
      if (id === 1) return result;
    }
    throw new Error('the debugger has closed the connection');
  } finally {
    socket.destroy();
  }
}

/** Returns a text frame of a client, which has to be masked. */
function frameOf(message: string): Buffer {
  const payload = Buffer.from(message);
  const mask = randomBytes(4);
  const length = Buffer.alloc(4);
  length.writeUInt8(0x81);
  length.writeUInt8(0x80 | 126, 1);
  length.writeUInt16BE(payload.length, 2);
  return Buffer.concat([length, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

/** Returns the text messages of a server. Those of Node's debugger are not fragmented. */
async function* messagesOf(socket: Socket, head: Buffer): AsyncGenerator<string> {
  let rest = head;
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let frame = firstFrame(rest); frame !== null; frame = firstFrame(rest)) {
      yield rest.toString('utf8', frame.start, frame.end);
      rest = rest.subarray(frame.end);
    }
  }
}

/** Returns where the payload of the first frame is; null if the frame is not complete. */
function firstFrame(bytes: Buffer): { start: number; end: number } | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return bytes.length < start + length ? null : { start, end: start + length };
}
