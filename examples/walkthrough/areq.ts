// A crawler: reads pages concurrently, with a limit of three, and writes their links as tab-separated values.
// Watch: one page fails without affecting any other, and the table is in the order of the pages, not of their arrival.
// The program starts its own server for the pages. `--out FILE` writes the table to a file; `--scale 1` runs in real time.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Semaphore, createTask, gather, isCancelled, openConnection, run } from 'selectloop';

import { program } from '../support/program.js';
import { PATHS, SITE, linksIn, requestFor, startSite, toTsv } from './pages.js';
import { startTrace } from './trace.js';

const AT_ONCE = 3;

/** Fetches one page over a new connection, and returns the whole reply. */
async function fetchPage(port: number, path: string): Promise<Buffer> {
  const { reader, writer } = await openConnection('127.0.0.1', port);
  try {
    writer.write(requestFor(path));
    return await reader.read();
  } finally {
    writer.close();
    await writer.waitClosed();
  }
}

export async function main(scale = 1, out?: string): Promise<void> {
  const say = startTrace(scale);
  const slots = new Semaphore(AT_ONCE);
  const server = await createTask(startSite(scale));
  const { port } = server;

  async function crawl(path: string): Promise<Array<[string, string]>> {
    using _slot = await slots.acquire();
    say(`asks for ${path}`);
    try {
      const links = linksIn(await fetchPage(port, path), path);
      say(`${path} has ${links.length} links`);
      return links.map((link) => [SITE + path, link]);
    } catch (error) {
      if (isCancelled(error)) throw error;
      say(`${path} failed: ${(error as Error).message}`);
      return [];
    }
  }

  const rows = (await gather(PATHS.map((path) => createTask(() => crawl(path))))).flat();
  server.close();
  await server.waitClosed();
  say(`${rows.length} links in all`);
  if (out === undefined) console.log(toTsv(rows).trimEnd());
  else writeFileSync(out, toTsv(rows));
}

await program(import.meta, (args) => {
  const options = { scale: { type: 'string', default: '0.2' }, out: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  return run(() => main(Number(values.scale), values.out));
});
