/** Servers whose connections are a reader and a writer. */

import { ownOptions, checkNames, optionNames } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { isUint8Array } from '../platform/bytes.js';
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
import { checkFlag } from '../transports/arguments.js';
import { Acceptor, type StreamServer } from './accepting.js';
import { type ConnectionHandler, checkHandler, checkHandlerRuns, startHandler } from './connection-handler.js';
import { checkLimit } from './inbox.js';
import { ServedConnection } from './served-connection.js';
import type { StreamReaderOptions } from './stream-reader.js';
import { SERVER_NAMES, UNIX_SERVER_NAMES } from '../servers/option-names.js';

/** Options of `startServer`: those of `createServer`, and the limit of the readers. */
export interface StartServerOptions extends CreateServerOptions, StreamReaderOptions {}

const OPTIONS = optionNames<StartServerOptions>({ ...SERVER_NAMES, limit: true });

/** Options of `startUnixServer`: those of `createUnixServer`, and the limit of the readers. */
export interface StartUnixServerOptions extends CreateUnixServerOptions, StreamReaderOptions {}

const UNIX_OPTIONS = optionNames<StartUnixServerOptions>({ ...UNIX_SERVER_NAMES, limit: true });

type ListenHost = string | readonly string[] | null;

/**
 * Separates the handler from the arguments that say where to listen. If the second argument is a place to listen at, the first is meant as a
 * handler, and so is one that is no such place; both are then refused as handlers.
 */
function withHandler<Rest extends unknown[]>(
  args: unknown[],
): { onDemand: boolean; handler: ConnectionHandler; rest: Rest } {
  const [first, ...others] = args;
  const listens = (first === null || isPlace(first)) && !isPlace(others[0]);
  return { onDemand: listens, handler: first as ConnectionHandler, rest: (listens ? args : others) as Rest };
}

const isPlace = (x: unknown): boolean => typeof x === 'string' || Array.isArray(x) || isUint8Array(x);

/** Returns the options for a server that does not listen yet. Only own properties count, as in `ownOptions`. */
function notStarted<T extends object>(options: T): T & { startServing: boolean } {
  return { ...options, startServing: false };
}

/** Makes a server whose connections have the protocols that `factory` makes. */
type Create = (factory: () => ServedConnection) => Coroutine<Server>;

/** @param create called immediately, so that argument errors are thrown in the caller */
function serveWithHandler(
  { method }: CallSite,
  handler: ConnectionHandler,
  options: StreamReaderOptions,
  create: Create,
): Coroutine<Server> {
  checkHandler(method, handler);
  const limit = checkLimit(ownOptions(`${method}: options`, options).limit, method);
  const handlers = new Handlers();
  const creating = create(() => {
    const loop = currentLoop();
    return new ServedConnection({ limit }, (reader, writer) => startHandler(loop, handler, handlers, reader, writer));
  });
  function* steps(): Steps<Server> {
    checkHandlerRuns(currentLoop(), method, handler);
    const server = yield* creating;
    server._handlers = handlers;
    return server;
  }
  return new Coroutine(steps(), method);
}

/** @param create as above; it makes a server that does not listen yet */
function serveOnDemand(
  { method }: CallSite,
  options: StreamReaderOptions & { startServing?: boolean },
  create: Create,
): Coroutine<StreamServer> {
  const { limit, startServing = true } = ownOptions(`${method}: options`, options);
  checkFlag(`${method}: startServing`, startServing);
  const readerOptions = { limit: checkLimit(limit, method) };
  const acceptor = new Acceptor();
  const creating = create(() => acceptor.newConnection(readerOptions));
  function* steps(): Steps<StreamServer> {
    const server = acceptor.control(yield* creating);
    let complete = false;
    try {
      if (startServing) yield* server.startServing(); // not before the acceptor decides what is accepted
      complete = true;
      return server;
    } finally {
      if (!complete) server.close();
    }
  }
  return new Coroutine(steps(), method);
}

/**
 * Serves a host and port: for each connection, `handler` runs as a task with its reader and writer.
 *
 * The handler is a generator function, an async function, or a plain function, and must close the writer. If it throws, the connection
 * is closed and the error goes to the loop's exception handler, unless it is the error that broke this connection. If it is cancelled, the
 * connection is closed. An async function needs `run`: LoopError ERR_NEEDS_HOST in a blocking loop. Errors and the other options are those
 * of `createServer`.
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
  options?: StartServerOptions,
): Coroutine<Server>;
/**
 * Without a handler, the program accepts the connections itself: `for await (const { reader, writer } of server)`, or `server.accept()`.
 * See {@link StreamServer}.
 */
export function startServer(
  host: string | readonly string[] | null,
  port: number | null,
  options?: StartServerOptions,
): Coroutine<StreamServer>;
export function startServer(...args: unknown[]): Coroutine<Server> {
  const call = new CallSite(startServer, 'startServer');
  const { onDemand, handler, rest } = withHandler<[ListenHost, number | null, StartServerOptions?]>(args);
  const [host, port, options = {}] = rest;
  checkNames('startServer: options', options, OPTIONS);
  if (onDemand) {
    return serveOnDemand(call, options, (factory) => serverFor(call, factory, host, port, notStarted(options)));
  }
  return serveWithHandler(call, handler, options, (factory) => serverFor(call, factory, host, port, options));
}

/** Serves a UNIX socket: a path, or a name in the abstract namespace. Otherwise like {@link startServer}. */
export function startUnixServer(
  handler: ConnectionHandler,
  path: string | Uint8Array | null,
  options?: StartUnixServerOptions,
): Coroutine<Server>;
/** Without a handler, the program accepts the connections itself; see {@link StreamServer}. */
export function startUnixServer(
  path: string | Uint8Array | null,
  options?: StartUnixServerOptions,
): Coroutine<StreamServer>;
export function startUnixServer(...args: unknown[]): Coroutine<Server> {
  const call = new CallSite(startUnixServer, 'startUnixServer');
  const { onDemand, handler, rest } = withHandler<[string | Uint8Array | null, StartUnixServerOptions?]>(args);
  const [path, options = {}] = rest;
  checkNames('startUnixServer: options', options, UNIX_OPTIONS);
  if (onDemand) {
    return serveOnDemand(call, options, (factory) => unixServerFor(call, factory, path, notStarted(options)));
  }
  return serveWithHandler(call, handler, options, (factory) => unixServerFor(call, factory, path, options));
}
