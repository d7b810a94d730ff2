// One request over a raw socket: connect, send, read to the end, count bytes and words. Each step may wait; none blocks the thread.
// With --local the server is a second task in the same loop and thread. Watch how each runs while the other waits.
// To run it on the library, import from './tiny-on-selectloop.js' instead.

import { parseArgs } from 'node:util';

import { Socket } from 'selectloop/sockets';

import { program } from '../support/program.js';
import { type Steps, createConnection, createTask, run, sleep, sockAccept, sockRecv, sockSendAll } from './tiny.js';

const LINE = 'The loop sleeps in the kernel until one of its descriptors is ready.\n';
const END_OF_REQUEST = '\r\n\r\n';

/** Sends a request and counts the bytes and words of the reply. */
function* fetchAndCount(host: string, port: number, path: string): Steps<number> {
  console.log('client: connects');
  const socket = yield* createConnection(host, port);
  try {
    console.log('client: sends its request');
    yield* sockSendAll(socket, Buffer.from(`GET ${path} HTTP/1.0\r\nHost: ${host}${END_OF_REQUEST}`));
    const chunks: Buffer[] = [];
    for (let chunk; (chunk = yield* sockRecv(socket, 4096)).length > 0;) chunks.push(chunk);
    const reply = Buffer.concat(chunks);
    const words = reply.toString('latin1').split(/\s+/).filter(Boolean);
    console.log(`client: read to the end, ${reply.length} bytes, ${words.length} words`);
    return reply.length;
  } finally {
    socket.close();
  }
}

/** Answers one request with 3.5 MB of lines, far more than fits into a socket's buffer. */
function* serveOnce(listener: Socket): Steps<void> {
  const { socket } = yield* sockAccept(listener);
  try {
    console.log('server: has a connection');
    let request = '';
    while (!request.includes(END_OF_REQUEST)) request += String(yield* sockRecv(socket, 4096));
    console.log(`server: was asked for "${request.slice(0, request.indexOf('\r\n'))}"`);
    yield* sockSendAll(socket, Buffer.from('HTTP/1.0 200 OK\r\n\r\n'));
    yield* sleep(10);
    yield* sockSendAll(socket, Buffer.from(LINE.repeat(50_000)));
    console.log('server: has sent everything');
  } finally {
    socket.close();
  }
}

/** Runs server and client in one loop. */
export function* local(): Steps<number> {
  const listener = new Socket();
  try {
    listener.setBlocking(false);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    const server = createTask(serveOnce(listener));
    const count = yield* fetchAndCount('127.0.0.1', (listener.getsockname() as { port: number }).port, '/lines');
    yield* server;
    return count;
  } finally {
    listener.close();
  }
}

await program(import.meta, (args) => {
  const { values, positionals } = parseArgs({
    args,
    options: { local: { type: 'boolean' }, path: { type: 'string', default: '/' } },
    allowPositionals: true,
  });
  const [host = '127.0.0.1', port = '80'] = positionals; // numeric: tiny does not resolve names
  return run(() => (values.local === true ? local() : fetchAndCount(host, Number(port), values.path)));
});
