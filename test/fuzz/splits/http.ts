/** Requests for a `node:http` server on a loop's sockets. */

import http from 'node:http';

import { IPPROTO_TCP, Socket, TCP_NODELAY, run, sleep, sockConnect, sockRecv, sockSendAll } from 'selectloop';
import { serveHttp } from 'selectloop/node';

import type { Random } from '../random.js';
import { damaged } from './resp.js';

export function makeRequests(random: Random): string {
  let input = '';
  for (let i = random.between(1, 3); i > 0; i -= 1) {
    const body = random.pick(['', 'x', 'hello world']);
    const path = random.pick(['/', '/a?b=c', '/%20']);
    const header = random.pick(['', 'A: b\r\n', 'A:  spaces  \r\n', 'Cookie: a=1; b=2\r\n']);
    if (random.chance(0.3))
      input += `POST ${path} HTTP/1.1\r\nHost: h\r\n${header}Transfer-Encoding: chunked\r\n\r\n${chunked(body)}0\r\n\r\n`;
    else if (body === '') input += `GET ${path} HTTP/1.1\r\nHost: h\r\n${header}\r\n`;
    else input += `PUT ${path} HTTP/1.1\r\nHost: h\r\n${header}Content-Length: ${body.length}\r\n\r\n${body}`;
  }
  return random.chance(0.2) ? damaged(input, random) : input;
}

const chunked = (body: string): string => (body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`);

type Chunks = readonly Buffer[];

/** Sends each split on a separate connection, and returns the bytes that come back: none if the connection is reset. */
export async function httpResponses(splits: readonly Chunks[]): Promise<string[]> {
  const server = http.createServer(respond);
  return await run(async () => {
    const serving = await serveHttp(server, '127.0.0.1', 0);
    const responses: string[] = [];
    try {
      for (const chunks of splits) responses.push(await exchange(serving.port, chunks));
    } finally {
      server.closeAllConnections();
      serving.close();
      await serving.waitClosed();
    }
    return responses;
  });
}

/** Answers with everything that the parser has found in the request. */
function respond(request: http.IncomingMessage, response: http.ServerResponse): void {
  let body = '';
  request.setEncoding('latin1').on('data', (data: string) => (body += data));
  request.on('end', () => response.end(JSON.stringify([request.method, request.url, request.rawHeaders, body])));
  request.on('error', () => undefined); // the client has sent half a request
  response.sendDate = false;
}

async function exchange(port: number, chunks: Chunks): Promise<string> {
  const client = new Socket();
  client.setBlocking(false);
  let received = '';
  try {
    await sockConnect(client, { host: '127.0.0.1', port });
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, true); // so that the server sees the same chunks
    for (const chunk of chunks) {
      await sockSendAll(client, chunk);
      await sleep(0);
    }
    client.shutdown('write');
    for (let data: Buffer; (data = await sockRecv(client, 65_536)).length > 0;) received += data.toString('latin1');
    return received;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'ENOTCONN') throw error;
    return '';
  } finally {
    client.close();
  }
}
