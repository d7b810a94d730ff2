// an Express app on this loop's sockets: files are uploaded, and served again
// Everything above the sockets is Express and node:http; below them the loop accepts, receives and sends, and disks are libuv's.
// Watch a large upload and download in the memory of the process: pipeline and the watermarks hold back whoever is faster.

import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import http from 'node:http';
import { join, resolve } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

import express, { type Express } from 'express';
import { type Coroutine, type Server, getRunningLoop } from 'selectloop';
import { serveHttp } from 'selectloop/node';

import { program } from '../support/program.js';
import { type Endpoint, serveUntilInterrupted } from './serving.js';

/** No path, and nothing hidden: an upload that is under way has a name that begins with a dot. */
const FILE_NAME = /^\w[\w.-]{0,99}$/;

/** The app: `PUT /files/NAME`, `GET /files/NAME`, and `GET /loop`. */
export function appFor(folder: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/', (_request, response) => {
    response.type('text').send('hello\n');
  });
  // Requests are callbacks of the loop, so it is the running one, as in a task.
  app.get('/loop', (_request, response) => {
    response.json(getRunningLoop().statistics());
  });
  app.put('/files/:name', async (request, response) => {
    const { name } = request.params;
    if (!FILE_NAME.test(name)) {
      response.status(400).type('text').send('a name has letters, digits, "_", "-" and "."\n');
      return;
    }
    try {
      response.status(201).json(await keep(request, folder, name));
    } catch (error) {
      if (request.complete) throw error; // otherwise the client has gone away in the middle
    }
  });
  app.use('/files', express.static(folder, { index: false, redirect: false }));
  return app;
}

/** Writes a body to a file, which appears when it is whole, and tells what has been written. */
async function keep(body: Readable, folder: string, name: string): Promise<{ byteCount: number; sha256: string }> {
  const unfinished = join(folder, `.${randomUUID()}`);
  const hash = createHash('sha256');
  let byteCount = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      byteCount += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(body, watch, createWriteStream(unfinished));
    await rename(unfinished, join(folder, name));
  } finally {
    await rm(unfinished, { force: true }); // it is there only if something went wrong
  }
  return { byteCount, sha256: hash.digest('hex') };
}

export function startApp(listen: Endpoint, folder: string): Coroutine<Server> {
  return serveHttp(http.createServer(appFor(resolve(folder))), listen.host, listen.port);
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '7011' },
      folder: { type: 'string', default: 'uploads' },
    },
  });
  await mkdir(values.folder, { recursive: true });
  await serveUntilInterrupted('app', () => startApp({ host: values.host, port: Number(values.port) }, values.folder));
});
