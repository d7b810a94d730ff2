/**
 * Makes a Node server listen while this loop accepts its connections. `listening`, `address()`, `close`, `getConnections`,
 * `maxConnections`, 'drop' and the options of accepted sockets are then Node's own code.
 *
 * A `net.Server` keeps its listening socket in `_handle`. In the workers of `node:cluster`, whose primary accepts for them, Node itself
 * replaces it by a plain object (`rr` in lib/internal/cluster/child.js). This file does the same, with the same members. They are not
 * public, so no other file uses them, and a Node version that works differently is refused with an error before the server listens.
 * Verified with Node 20, 22, 24 and 26; test/node/listening.test.ts fails if that changes.
 */

import net from 'node:net';

import { LoopError, describePath } from '../errors/index.js';
import { type Address, type Socket } from '../sockets/index.js';

/** The members of a listening socket that `node:net` uses. */
interface ListeningHandle {
  /** Set by Node. Called with each accepted connection. */
  onconnection: ((status: number, connection: object) => void) | null;
  listen(backlog: number): number;
  close(): void;
  getsockname?(address: object): number;
  ref(): void;
  unref(): void;
}

/** The internal members of a server that this file uses. */
interface Internals {
  _handle: ListeningHandle | null;
  _connections: number;
  /** The result of `address()` for a UNIX socket. */
  _pipeName?: string;
  /** The second half of Node's `listen`, which starts from a handle. */
  _listen2(address: string | null, port: number, family: number, backlog: number): void;
  _emitCloseIfDrained(): void;
}

const internalsOf = (server: net.Server): Internals => server as unknown as Internals;

/** Returns true for the servers of `node:http`, `node:https`, `node:http2`, `node:tls` and `node:net`. */
export function isNetServer(value: unknown): value is net.Server {
  return value instanceof net.Server;
}

/** A Node server whose connections are accepted by a loop of this library. */
export interface ListeningServer {
  /** Passes a connection to the server, which emits 'connection', or emits 'drop' and closes it. Node owns the descriptor unless this throws. */
  readonly accept: (socket: Socket) => void;
  /**
   * Delays the server's 'close' until the returned function is called. Node emits 'close' when the last connection is destroyed, before
   * that connection has closed.
   */
  readonly holdClose: () => () => void;
}

/**
 * Makes a server listen as if after `listen` on the address. It emits 'listening' in the next tick.
 *
 * @param onClose called once, when the server stops listening
 * @throws LoopError ERR_UNSUPPORTED_NODE if this version of Node works differently
 */
export function startListening(server: net.Server, address: Address, onClose: () => void): ListeningServer {
  const internals = internalsOf(server);
  checkSupported(internals);
  const handle = listeningHandle(address, onClose);
  internals._handle = handle;
  if ('path' in address) {
    const name = typeof address.path === 'string' ? address.path : describePath(address.path);
    internals._pipeName = name;
    internals._listen2(name, -1, -1, 0);
  } else {
    internals._listen2(address.host, address.port, address.host.includes(':') ? 6 : 4, 0);
  }
  const { onconnection } = handle;
  if (typeof onconnection !== 'function') {
    internals._handle = null;
    throw unsupported('_listen2');
  }
  return {
    accept: (socket) => onconnection.call(handle, 0, connectionHandle(socket)),
    holdClose: closeHolder(internals),
  };
}

function closeHolder(internals: Internals): () => () => void {
  const emitCloseIfDrained = internals._emitCloseIfDrained.bind(internals);
  let holds = 0;
  internals._emitCloseIfDrained = () => {
    if (holds === 0) emitCloseIfDrained();
  };
  return () => {
    holds += 1;
    return () => {
      holds -= 1;
      internals._emitCloseIfDrained();
    };
  };
}

/**
 * Makes a front server (of `node:tls`) count its connections in the server behind it (of `node:http`), so that `getConnections`,
 * `maxConnections` and 'close' of the server behind include them.
 */
export function countConnectionsOf(front: net.Server, behind: net.Server): void {
  checkSupported(internalsOf(front));
  const counting = internalsOf(behind);
  Object.defineProperties(front, {
    _connections: { get: () => counting._connections, set: (count: number) => (counting._connections = count) },
    _emitCloseIfDrained: { value: () => counting._emitCloseIfDrained(), writable: true },
    maxConnections: { get: () => behind.maxConnections },
  });
}

function listeningHandle(address: Address, onClose: () => void): ListeningHandle {
  const handle: ListeningHandle = { onconnection: null, listen: () => 0, close: onClose, ref() {}, unref() {} };
  if ('path' in address) return handle; // like Node's pipes, which have no getsockname
  const { host, port } = address;
  const family = host.includes(':') ? 'IPv6' : 'IPv4';
  handle.getsockname = (target) => {
    Object.assign(target, { address: host, family, port });
    return 0;
  };
  return handle;
}

/** Wraps the descriptor in a libuv handle, as libuv's own accept returns it. Only a `net.Socket` can make one. */
function connectionHandle(socket: Socket): object {
  const options = { fd: socket.fileno(), readable: false, writable: false };
  const carrier = new net.Socket(options) as unknown as { _handle: object | null };
  const handle = carrier._handle;
  if (handle === null || typeof handle !== 'object') throw unsupported('_handle of a socket');
  carrier._handle = null;
  socket.detach();
  return handle;
}

function checkSupported(internals: Internals): void {
  for (const method of ['_listen2', '_emitCloseIfDrained'] as const)
    if (typeof internals[method] !== 'function') throw unsupported(method);
  if (internals._handle !== null) throw unsupported('_handle');
  if (typeof internals._connections !== 'number') throw unsupported('_connections');
}

function unsupported(member: string): LoopError {
  return new LoopError(
    'ERR_UNSUPPORTED_NODE',
    `serveHttp does not know the servers of Node ${process.version} (${member}); use a version that selectloop supports`,
  );
}
