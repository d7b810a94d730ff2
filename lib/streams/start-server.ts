/** Servers whose connections are streams. */

import { currentLoop } from '../tasks/current-loop.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  createServer,
  createUnixServer,
} from '../servers/create-server.js';
import type { Server } from '../servers/server.js';
import { type ConnectionHandler, HandledConnection, checkHandler, checkHandlerRuns } from './connection-handler.js';
import { checkLimit } from './inbox.js';
import type { StreamReaderOptions } from './stream-reader.js';

/** How a server is made, and the limit of its readers. */
export interface StartServerOptions extends CreateServerOptions, StreamReaderOptions {}

/** How a server on a path is made, and the limit of its readers. */
export interface StartUnixServerOptions extends CreateUnixServerOptions, StreamReaderOptions {}

type Factory = () => HandledConnection;

/** @param create makes the server; called at once, so that mistakes show where they are made */
function serve(
  method: string,
  handler: ConnectionHandler,
  options: StreamReaderOptions,
  create: (factory: Factory) => Coroutine<Server>,
): Coroutine<Server> {
  checkHandler(method, handler);
  checkLimit(options.limit);
  const { limit } = options;
  const readerOptions = limit === undefined ? {} : { limit };
  const creating = create(() => new HandledConnection(currentLoop(), handler, readerOptions));
  function* steps(): Steps<Server> {
    checkHandlerRuns(currentLoop(), method, handler);
    return yield* creating;
  }
  return new Coroutine(steps(), method);
}

/**
 * Serves a host and port: for each connection, `handler` is called with its reader and writer, and runs as a task.
 *
 * The handler is a generator function, an async function, or a plain function. It closes the writer in the end; one that throws
 * is reported to the exception handler of the loop and its connection closed; one that is cancelled only has its connection closed.
 * An async function needs `run`: LoopError ERR_NEEDS_HOST in a blocking loop.
 *
 * @param host a name or an address, or a list of them; '' or null: all interfaces, IPv4 and IPv6
 * @param port 0 or null: the kernel chooses, another one for each address; `server.sockets` tells which
 *
 * Errors and the other options are those of `createServer`.
 */
export function startServer(
  handler: ConnectionHandler,
  host: string | readonly string[] | null,
  port: number | null,
  options: StartServerOptions = {},
): Coroutine<Server> {
  return serve('startServer', handler, options, (factory) => createServer(factory, host, port, options));
}

/** Serves a UNIX socket: a path, or a name of the abstract namespace. Otherwise like {@link startServer}. */
export function startUnixServer(
  handler: ConnectionHandler,
  path: string | null,
  options: StartUnixServerOptions = {},
): Coroutine<Server> {
  return serve('startUnixServer', handler, options, (factory) => createUnixServer(factory, path, options));
}
