/** Tests the HTTP server of `selectloop inspect`: what it serves, and to whom. */

import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { createInterface } from 'node:readline';

import { type EventLoop, createTask, getRunningLoop, run, sleep } from 'selectloop';
import { openInspector } from 'selectloop/inspect';
import { describe, expect, it } from 'vitest';

import { ViewerServer } from '../../lib/cli/viewer/http.js';
import type { ThreadLine } from '../../lib/inspect/protocol.js';

const POLICY = "default-src 'none'; script-src 'sha256-abc'; connect-src 'self'";
const PAGE = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}" /><title>page</title>`;

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** Requests that a browser of a user, or a foreign page in it, could send. */
class Browser {
  readonly port: number;
  readonly token: string;

  constructor(address: string) {
    const { port, hash } = new URL(address);
    this.port = Number(port);
    this.token = hash.replace('#token=', '');
  }

  async open(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<IncomingMessage> {
    const options: RequestOptions = { host: '127.0.0.1', port: this.port, path, method, agent: false };
    const sent = request({ ...options, headers: { Host: `127.0.0.1:${this.port}`, ...headers } });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
    const response = await this.open(path, headers, method, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  get right(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }
}

/** Runs a loop with a door, and a viewer of it, beside Node. */
async function withViewer(body: (browser: Browser, loop: EventLoop) => Promise<void>): Promise<void> {
  await run(async () => {
    const loop = getRunningLoop();
    const door = openInspector(loop);
    const viewer = new ViewerServer({ page: PAGE, door: door.path });
    try {
      await body(new Browser(await viewer.listen()), loop);
    } finally {
      viewer[Symbol.dispose]();
    }
  });
}

describe('the viewer', () => {
  it('serves its page with a policy, without a token and without data', async () => {
    await withViewer(async (browser) => {
      const { status, headers, text } = await browser.get('/');
      expect({ status, text }).toEqual({ status: 200, text: PAGE });
      expect(headers).toMatchObject({
        'content-security-policy': `${POLICY}; frame-ancestors 'none'`,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(browser.token).toMatch(/^[0-9a-f]{32}$/);
    });
  });

  it('refuses foreign names, origins and sites with 403, and a wrong token with 401', async () => {
    await withViewer(async (browser) => {
      const { port, right } = browser;
      const status = async (path: string, headers: Record<string, string>, method = 'GET'): Promise<number> =>
        (await browser.get(path, headers, method, '{}')).status;
      for (const path of ['/', '/stream', '/send']) {
        const method = path === '/send' ? 'POST' : 'GET';
        for (const foreign of [
          { Host: `evil.example:${port}` },
          { Host: '127.0.0.1' },
          { Host: `127.0.0.1:${port + 1}` },
          { Origin: 'http://evil.example' },
          { Origin: 'null' },
          { Origin: `http://localhost:${port}` }, // the Host is 127.0.0.1
          { 'Sec-Fetch-Site': 'cross-site' },
          { 'Sec-Fetch-Site': 'same-site' },
        ]) {
          expect(await status(path, { ...right, ...foreign }, method), JSON.stringify(foreign)).toBe(403);
        }
      }
      for (const wrong of [
        '',
        'Bearer',
        `Bearer ${'0'.repeat(32)}`,
        right['Authorization']!.toLowerCase().slice(0, -1),
      ]) {
        const headers = wrong === '' ? {} : { Authorization: wrong };
        expect(await status('/stream', headers)).toBe(401);
        expect(await status('/send', headers, 'POST')).toBe(401);
      }
      expect(await status('/', { Host: `localhost:${port}`, 'Sec-Fetch-Site': 'none' })).toBe(200);
      expect(await status('/other', right)).toBe(404);
      expect(await status('/', right, 'DELETE')).toBe(404);
      expect(await status('/send', { ...right, 'Selectloop-Stream': 'none' }, 'POST')).toBe(404);
    });
  });

  it('passes lines between the page and the loop, and leaves with the page', async () => {
    await withViewer(async (browser) => {
      const task = createTask(() => sleep(60_000), { name: '<script>' });
      const stream = await browser.open('/stream', { ...browser.right, Origin: `http://127.0.0.1:${browser.port}` });
      const lines = createInterface({ input: stream })[Symbol.asyncIterator]() as AsyncIterator<string>;
      const next = async (): Promise<ThreadLine & { stream?: string }> =>
        JSON.parse((await lines.next()).value as string) as ThreadLine;
      const { stream: id = '' } = await next();
      const send = async (text: string): Promise<number> =>
        (await browser.get('/send', { ...browser.right, 'Selectloop-Stream': id }, 'POST', text)).status;

      expect(await send('{"hello":1}\n{"want":["tasks"],"filter":"script"}')).toBe(204);
      expect(await next()).toMatchObject({ hello: { pid: process.pid } });
      expect(await next()).toMatchObject({ tasks: { matching: 1, rows: [{ name: '<script>' }] } });
      expect(await send('x'.repeat(70_000))).toBe(413);
      stream.destroy();
      await expect.poll(() => send('{}')).toBe(404);
      task.cancel();
    });
  });

  it('ends the stream of the page when the loop closes', async () => {
    const lines: string[] = [];
    let viewer: ViewerServer | undefined;
    let stream: IncomingMessage | undefined;
    await run(async () => {
      viewer = new ViewerServer({ page: PAGE, door: openInspector(getRunningLoop(), { thread: true }).path });
      const browser = new Browser(await viewer.listen());
      stream = await browser.open('/stream', browser.right);
      createInterface({ input: stream }).on('line', (line) => lines.push(line));
      await expect.poll(() => lines.length).toBe(1);
      const { stream: id } = JSON.parse(lines[0] ?? '') as { stream: string };
      await browser.get('/send', { ...browser.right, 'Selectloop-Stream': id }, 'POST', '{"hello":1}');
      await expect.poll(() => lines.length).toBe(2);
    });
    await once(stream!, 'end');
    expect(JSON.parse(lines[2] ?? '')).toEqual({ bye: 'the loop is closed' });
    viewer?.[Symbol.dispose]();
  });
});
