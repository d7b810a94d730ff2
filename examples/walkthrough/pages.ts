/**
 * A small web site on a local server, so that the crawler needs no network.
 *
 * Both flavours of the crawler use the same server: its handler is a generator coroutine, which runs under `run` as well as `runSync`.
 * Each page takes some seconds to answer.
 */

import { type Server, type Steps, type StreamReader, type StreamWriter, sleep, startServer } from 'selectloop';

/** The name of the site. Links are resolved against it; the connections go to the local server. */
export const SITE = 'http://site.example';

interface Page {
  readonly seconds: number;
  readonly html: string;
}

const PAGES = new Map<string, Page>([
  ['/', { seconds: 3, html: '<a href="/about">About</a> <a href="news/">News</a>' }],
  [
    '/about',
    { seconds: 1, html: '<a href="/">Home</a> <a href="mailto:us@site.example">Mail</a> <a href="#top">Top</a>' },
  ],
  ['/news/', { seconds: 3, html: '<a href="today">Today</a> <a href="../about">About</a> <a href="/about">About</a>' }],
  ['/news/today', { seconds: 3, html: '<p>Nothing happened.</p>' }],
]);

/** The pages that the crawler requests. `/lost` does not exist. */
export const PATHS = ['/', '/about', '/lost', '/news/', '/news/today'];

/** Starts the server. Its port is `server.port`. */
export function* startSite(scale: number): Steps<Server> {
  function* handle(reader: StreamReader, writer: StreamWriter): Steps<void> {
    const [, path = ''] = String(yield* reader.readUntil(Buffer.from('\r\n\r\n'))).split(' ');
    const page = PAGES.get(path);
    yield* sleep((page?.seconds ?? 2) * 1000 * scale);
    writer.write(Buffer.from(`HTTP/1.0 ${page === undefined ? '404 Not Found' : '200 OK'}\r\n\r\n${page?.html ?? ''}`));
    writer.close();
    yield* writer.waitClosed();
  }
  return yield* startServer(handle, '127.0.0.1', 0);
}

/** Returns the HTTP request for a path. */
export function requestFor(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.0\r\nHost: ${new URL(SITE).host}\r\n\r\n`);
}

/** Returns the http links in a reply, absolute and without duplicates. Throws unless the status is 200. */
export function linksIn(reply: Buffer, path: string): string[] {
  const [head = '', html = ''] = reply.toString().split('\r\n\r\n');
  const status = /^HTTP\/1\.\d (\d+ .*)/.exec(head)?.[1] ?? 'no status';
  if (!status.startsWith('200')) throw new Error(status);
  const links = [...html.matchAll(/href="([^"#][^"]*)"/g)]
    .filter(([, href]) => URL.canParse(href!, SITE + path))
    .map(([, href]) => new URL(href!, SITE + path));
  return [...new Set(links.filter(({ protocol }) => protocol === 'http:').map(({ href }) => href))];
}

/** Formats the rows as tab-separated values, with a header line. */
export function toTsv(rows: ReadonlyArray<readonly [page: string, link: string]>): string {
  return [['page', 'link'], ...rows].map((row) => `${row.join('\t')}\n`).join('');
}
