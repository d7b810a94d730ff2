// An Express app on this loop: uploads and downloads of files.
// Express and node:http run unchanged on sockets of this loop, which accepts, receives and sends; libuv reads and writes the files.
// Watch the memory of the process during a large upload or download: backpressure bounds it.

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
import { type Endpoint, MAX_CLIENTS, serveUntilInterrupted } from './serving.js';

/** Rejects paths and names that begin with a dot, which unfinished uploads have. */
const FILE_NAME = /^\w[\w.-]{0,99}$/;

/** How long a client may neither send nor read. By default, Node gives one that does not read its response any length of time. */
const SILENCE_MS = 60_000;

/** The app: `PUT /files/NAME`, `GET /files/NAME`, and `GET /loop`. */
export function appFor(folder: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/', (_request, response) => {
    response.type('text').send('hello\n');
  });
  // Requests are callbacks of the loop, so getRunningLoop() works here as it does in a task.
  app.get('/loop', (_request, response) => {
    response.json(getRunningLoop().statistics());
  });
  app.put('/files/:name', async (request, response) => {
    const { name } = request.params;
    if (!FILE_NAME.test(name)) {
      response.status(400).type('text').send('expected a name of letters, digits, "_", "-" and "."\n');
      return;
    }
    try {
      response.status(201).json(await keep(request, folder, name));
    } catch (error) {
      if (request.complete) throw error; // otherwise the client has disconnected during the upload
    }
  });
  app.use('/files', express.static(folder, { index: false, redirect: false }));
  return app;
}

/** Writes a body to a file and returns its size and hash. The file appears under its name only when it is complete. */
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
    await rm(unfinished, { force: true }); // after a success it no longer exists
  }
  return { byteCount, sha256: hash.digest('hex') };
}

export function startApp(listen: Endpoint, folder: string, silenceMs = SILENCE_MS): Coroutine<Server> {
  const server = http.createServer(appFor(resolve(folder)));
  server.timeout = silenceMs;
  return serveHttp(server, listen.host, listen.port, { maxConnections: MAX_CLIENTS });
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
