/**
 * The HTTP server of `selectloop inspect`: serves the page, and passes lines between it and the door.
 *
 * - `GET /`: the page, without any data.
 * - `GET /stream`: a connection to the door. The body never ends: lines of JSON as the inspector thread writes them, after a first line
 *   `{ "stream": "ID" }`. If the page reads slowly, so does this process, and the thread then leaves states out.
 * - `POST /send`, with the header `Selectloop-Stream: ID`: lines for the connection of that stream. 204.
 *
 * It is `fetch` and not an EventSource, because the token travels in a header.
 */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Socket, createConnection } from 'node:net';

import { LONGEST_LINE } from '../../inspect/protocol.js';
import { Guard } from './guard.js';

/** What the server shows. */
export interface Shown {
  /** The text of the page. */
  readonly page: string;
  /** The path of the door's socket. */
  readonly door: string;
}

/** Sent with every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** No page may show ours in a frame; everything else that the page may do is in its own policy, which has the hashes of its parts. */
function policyOf(page: string): string {
  const [, own = "default-src 'none'"] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  return `${own}; frame-ancestors 'none'`;
}

/** Serves one door. */
export class ViewerServer implements Disposable {
  private readonly guard = new Guard();
  private readonly server: Server;
  private readonly streams = new Map<string, Socket>();

  constructor(private readonly shown: Shown) {
    this.server = createServer((request, response) => this.handle(request, response));
  }

  /** Listens on 127.0.0.1. Returns the address of the page, with the token. @param port 0: one that is free */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    const { port: actual } = this.server.address() as AddressInfo;
    this.guard.listensOn(actual);
    return `http://127.0.0.1:${actual}/#token=${this.guard.token}`;
  }

  /** Disconnects from the door, and stops. */
  [Symbol.dispose](): void {
    for (const door of this.streams.values()) door.destroy();
    this.server.close();
    this.server.closeAllConnections();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { method, url } = request;
    const refusal = this.guard.refuseOrigin(request) ?? (url === '/' ? null : this.guard.refuseToken(request));
    if (refusal !== null) answer(response, refusal.status, refusal.message);
    else if (method === 'GET' && url === '/') this.sendPage(response);
    else if (method === 'GET' && url === '/stream') this.openStream(response);
    else if (method === 'POST' && url === '/send') void this.receive(request, response);
    else answer(response, 404, 'there is no such page');
  }

  private sendPage(response: ServerResponse): void {
    const { page } = this.shown;
    response.writeHead(200, {
      ...HEADERS,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policyOf(page),
    });
    response.end(page);
  }

  private openStream(response: ServerResponse): void {
    const id = randomUUID();
    const door = createConnection(this.shown.door);
    this.streams.set(id, door);
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/x-ndjson' });
    response.write(`${JSON.stringify({ stream: id })}\n`);
    door.on('error', () => undefined); // 'close' follows: the page sees the end of the stream
    door.on('close', () => {
      this.streams.delete(id);
      response.end();
    });
    response.on('close', () => door.destroy()); // the page was closed: the loop resumes if it was paused
    door.pipe(response);
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const door = this.streams.get(String(request.headers['selectloop-stream']));
    if (door === undefined) {
      answer(response, 404, 'the stream has ended');
      return;
    }
    let text = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) {
        text += String(chunk);
        if (text.length > LONGEST_LINE) break;
      }
    } catch {
      return; // the page has cancelled the request
    }
    if (text.length > LONGEST_LINE) {
      answer(response, 413, `expected at most ${LONGEST_LINE} characters`);
      return;
    }
    door.write(text.endsWith('\n') ? text : `${text}\n`);
    answer(response, 204, '');
  }
}

function answer(response: ServerResponse, status: number, message: string): void {
  const text = message === '' ? '' : `${message}\n`;
  response.writeHead(status, { ...HEADERS, ...(text !== '' && { 'Content-Type': 'text/plain; charset=utf-8' }) });
  response.end(text);
}
