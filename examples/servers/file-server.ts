// A file server with sendfile: the kernel copies files to sockets, and their bytes never enter the process.
// It implements minimal HTTP (GET, one request per connection) on raw sockets.
// Watch the memory during the download of a large file: it does not grow. See also openInside, which restricts clients to the folder.

import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { parseArgs } from 'node:util';

import {
  OSError,
  type Socket,
  TimeoutError,
  createTask,
  sockRecv,
  sockSendAll,
  sockSendFile,
  timeout,
} from 'selectloop';

import { program } from '../support/program.js';
import { listen, serve } from './echo-sockets.js';
import { announce, untilInterrupted } from './serving.js';

const REQUEST_BYTES = 8192;
const REQUEST_MS = 10_000;
/** A client must read this much in that time. Otherwise one that never reads would keep its place and its open file indefinitely. */
const PIECE_BYTES = 262_144;
const PIECE_MS = 30_000;

/** Serves the files in a folder, to `mostClients` at the same time, until it is cancelled. */
export async function serveFiles(listener: Socket, folder: string, mostClients?: number): Promise<never> {
  const root = await realpath(folder);
  return await createTask(serve(listener, (socket) => serveOne(socket, root), mostClients));
}

async function serveOne(socket: Socket, root: string): Promise<void> {
  try {
    const request = await timeout(REQUEST_MS, () => headOf(socket));
    const [, path] = /^GET (\/\S*) HTTP\/1\.[01]\r\n/.exec(request) ?? [];
    if (path === undefined) await answer(socket, '400 Bad Request');
    else await sendFile(socket, root, path);
  } catch (error) {
    if (!(error instanceof OSError || error instanceof TimeoutError)) throw error; // the peer has disconnected, or is too slow
  } finally {
    socket.close();
  }
}

/** Reads the head of the request, up to the empty line. */
async function headOf(socket: Socket): Promise<string> {
  let head = '';
  while (!head.includes('\r\n\r\n') && head.length < REQUEST_BYTES) {
    const data = await sockRecv(socket, REQUEST_BYTES);
    if (data.length === 0) break;
    head += data.toString('latin1');
  }
  return head;
}

async function sendFile(socket: Socket, root: string, path: string): Promise<void> {
  const file = await openInside(root, path);
  if (file === null) {
    await answer(socket, '404 Not Found');
    return;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      await answer(socket, '404 Not Found');
      return;
    }
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${stats.size}\r\nConnection: close\r\n\r\n`;
    await timeout(PIECE_MS, () => sockSendAll(socket, Buffer.from(head)));
    for (let offset = 0; offset < stats.size; offset += PIECE_BYTES) {
      const count = Math.min(PIECE_BYTES, stats.size - offset);
      const sent = await timeout(PIECE_MS, () => sockSendFile(socket, file, { offset, count }));
      if (sent < count) return; // the file has become shorter
    }
  } finally {
    await file.close();
  }
}

/** Opens the file for the path of a URL. Returns null unless it is below the root after resolving `..` and symbolic links. */
async function openInside(root: string, path: string): Promise<FileHandle | null> {
  try {
    const file = await realpath(join(root, decodeURIComponent(path.replace(/\?.*/, ''))));
    return file.startsWith(root + sep) ? await open(file) : null;
  } catch {
    return null; // no such file, no permission, or an invalid escape in the URL
  }
}

async function answer(socket: Socket, status: string): Promise<void> {
  const body = `${status}\n`;
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await timeout(PIECE_MS, () => sockSendAll(socket, Buffer.from(head + body)));
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '7010' },
      folder: { type: 'string', default: '.' },
    },
  });
  await untilInterrupted(async () => {
    const listener = listen({ host: values.host, port: Number(values.port) });
    announce('files', listener.getsockname());
    await serveFiles(listener, values.folder);
  });
});
