/** Servers whose handlers get a reader and a writer. */

import { ownOptions } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  serverFor,
  unixServerFor,
} from '../servers/create-server.js';
import { Handlers } from '../servers/handlers.js';
import type { Server } from '../servers/server.js';
import { type ConnectionHandler, HandledConnection, checkHandler, checkHandlerRuns } from './connection-handler.js';
import { checkLimit } from './inbox.js';
import type { StreamReaderOptions } from './stream-reader.js';

/** Options of `startServer`: those of `createServer`, and the limit of the readers. */
export interface StartServerOptions extends CreateServerOptions, StreamReaderOptions {}

/** Options of `startUnixServer`: those of `createUnixServer`, and the limit of the readers. */
export interface StartUnixServerOptions extends CreateUnixServerOptions, StreamReaderOptions {}

type Factory = () => HandledConnection;

/** @param create makes the server; called immediately, so that argument errors are thrown in the caller */
function serve(
  { method }: CallSite,
  handler: ConnectionHandler,
  options: StreamReaderOptions,
  create: (factory: Factory) => Coroutine<Server>,
): Coroutine<Server> {
  checkHandler(method, handler);
  const limit = checkLimit(ownOptions(`${method}: options`, options).limit, method);
  const handlers = new Handlers();
  const creating = create(() => new HandledConnection(currentLoop(), handler, handlers, { limit }));
  function* steps(): Steps<Server> {
    checkHandlerRuns(currentLoop(), method, handler);
    const server = yield* creating;
    server._handlers = handlers;
    return server;
  }
  return new Coroutine(steps(), method);
}

/**
 * Serves a host and port: for each connection, `handler` runs as a task with its reader and writer.
 *
 * The handler is a generator function, an async function, or a plain function, and must close the writer. If it throws, the connection
 * is closed and the error goes to the loop's exception handler. If it is cancelled, the connection is closed. An async function needs
 * `run`: LoopError ERR_NEEDS_HOST in a blocking loop. Errors and the other options are those of `createServer`.
 *
 * @param host a name or an address, or a list of them; '' or null: all interfaces, IPv4 and IPv6
 * @param port 0 or null: the kernel chooses a port, a different one for each address; see `server.sockets`
 *
 * @example
 * import { type StreamReader, type StreamWriter, openConnection, run, startServer } from 'selectloop';
 *
 * async function echoLines(reader: StreamReader, writer: StreamWriter) {
 *   for await (const line of reader) {
 *     writer.write(line);
 *     await writer.drain();
 *   }
 *   writer.close();
 * }
 *
 * await run(async () => {
 *   const server = await startServer(echoLines, '127.0.0.1', 0);
 *   const { reader, writer } = await openConnection('127.0.0.1', server.port);
 *   writer.write(Buffer.from('hello\n'));
 *   console.log(String(await reader.readline()).trim()); // hello
 *   writer.close();
 *   server.close();
 *   await server.waitClosed();
 * });
 */
export function startServer(
  handler: ConnectionHandler,
  host: string | readonly string[] | null,
  port: number | null,
  options: StartServerOptions = {},
): Coroutine<Server> {
  const call = new CallSite(startServer, 'startServer');
  return serve(call, handler, options, (factory) => serverFor(call, factory, host, port, options));
}

/** Serves a UNIX socket: a path, or a name in the abstract namespace. Otherwise like {@link startServer}. */
export function startUnixServer(
  handler: ConnectionHandler,
  path: string | Uint8Array | null,
  options: StartUnixServerOptions = {},
): Coroutine<Server> {
  const call = new CallSite(startUnixServer, 'startUnixServer');
  return serve(call, handler, options, (factory) => unixServerFor(call, factory, path, options));
}
