/** Serves the finished site on loopback. `npm run docs:preview` runs this file; the tests use `serve`. */

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { HTML } from './generate/places.mjs';

const TYPES = new Map([
  ['.css', 'text/css'],
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript'],
  ['.json', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.woff2', 'font/woff2'],
]);

/** The file of a URL; null if there is none. A page is also found without `.html`, as on most hosts of static pages. */
function fileOf(url) {
  let path;
  try {
    path = normalize(decodeURIComponent(new URL(url, 'http://site').pathname));
  } catch {
    return null; // no URL, such as /%zz
  }
  const file = join(HTML, path.endsWith('/') ? `${path}index.html` : path);
  const isServed = (name) => name.startsWith(HTML) && existsSync(name) && statSync(name).isFile();
  return [file, `${file}.html`].find(isServed) ?? null;
}

function answer(request, response) {
  const file = fileOf(request.url);
  response.writeHead(file === null ? 404 : 200, {
    'content-type': TYPES.get(extname(file ?? '404.html')) ?? 'text/plain',
  });
  createReadStream(file ?? `${HTML}404.html`).pipe(response);
}

/** Listens on loopback. Port 0 lets the kernel choose one. */
export async function serve(port = 0) {
  const server = createServer(answer);
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } });
  if (!existsSync(`${HTML}index.html`)) {
    console.error('expected the site in build-docs/html, found none: run npm run docs');
    process.exit(1);
  }
  try {
    const server = await serve(Number(values.port));
    console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C ends it)`);
  } catch (error) {
    console.error(`cannot listen on port ${values.port}: ${error.message}`);
    process.exit(1);
  }
}
