// A crawler with generators: the same semaphore and streams, and the server runs on the same loop.
// Watch: one page fails without affecting any other, and the table is in the order of the pages, not of their arrival.
// The program starts its own server for the pages. `--out FILE` writes the table to a file; `--scale 1` runs in real time.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Semaphore, type Steps, gather, isCancelled, openConnection, runSync } from 'selectloop';

import { program } from '../../support/program.js';
import { PATHS, SITE, linksIn, requestFor, startSite, toTsv } from '../pages.js';
import { startTrace } from '../trace.js';

const AT_ONCE = 3;

/** Fetches one page over a new connection, and returns the whole reply. */
function* fetchPage(port: number, path: string): Steps<Buffer> {
  const { reader, writer } = yield* openConnection('127.0.0.1', port);
  try {
    writer.write(requestFor(path));
    return yield* reader.read();
  } finally {
    writer.close();
    yield* writer.waitClosed();
  }
}

export function* main(scale = 1, out?: string): Steps<void> {
  const say = startTrace(scale);
  const slots = new Semaphore(AT_ONCE);
  const server = yield* startSite(scale);
  const { port } = server;

  function* crawl(path: string): Steps<Array<[string, string]>> {
    using _slot = yield* slots.acquire();
    say(`asks for ${path}`);
    try {
      const links = linksIn(yield* fetchPage(port, path), path);
      say(`${path} has ${links.length} links`);
      return links.map((link) => [SITE + path, link]);
    } catch (error) {
      if (isCancelled(error)) throw error;
      say(`${path} failed: ${(error as Error).message}`);
      return [];
    }
  }

  const rows = (yield* gather(PATHS.map((path) => crawl(path)))).flat();
  server.close();
  yield* server.waitClosed();
  say(`${rows.length} links in all`);
  if (out === undefined) console.log(toTsv(rows).trimEnd());
  else writeFileSync(out, toTsv(rows));
}

await program(import.meta, (args) => {
  const options = { scale: { type: 'string', default: '0.2' }, out: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  runSync(() => main(Number(values.scale), values.out));
});
