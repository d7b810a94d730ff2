/** Node sockets that belong to a loop. */

import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';

import { wrongType } from '../errors/index.js';
import { checkNodeRuns, destroyWithLoop } from '../bridge/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { nodeTls } from '../tls/node-tls.js';

/** Options of `connectDuplex`: those of `net.connect`, and TLS. */
export interface ConnectDuplexOptions
  extends net.SocketConstructorOpts, Partial<Omit<net.TcpNetConnectOpts, 'host' | 'port' | 'onread' | 'timeout'>> {
  /** The idle timeout in milliseconds, as for `socket.setTimeout()`. */
  timeout?: number;
  /** Connects over TLS: true for the defaults of `tls.connect`, or these options. The result is a TLSSocket. */
  tls?: boolean | ConnectionOptions;
  /** The name that the server's certificate must be valid for, also sent to the server (SNI). Default: the host. Only with `tls`. */
  serverName?: string;
}

/**
 * Starts connecting and returns the socket immediately; it emits 'connect' or 'error' later. The socket is the one that `net.connect`
 * (with `tls`, `tls.connect`) returns, so it suits libraries that take a socket and wait for 'connect'. No bytes are read before the
 * program can attach its listeners. Calling `connect()` while the socket is connecting, as pg does, has no effect.
 *
 * The socket belongs to the running loop, and is destroyed without an error when the loop closes.
 *
 * @param host a name or an address; or, as the only argument, the path of a UNIX socket
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError and RangeError of `node:net` for bad arguments
 */
export function connectDuplex(host: string, port: number, options?: ConnectDuplexOptions): net.Socket;
export function connectDuplex(path: string, options?: ConnectDuplexOptions): net.Socket;
export function connectDuplex(
  target: string,
  second?: number | ConnectDuplexOptions,
  third?: ConnectDuplexOptions,
): net.Socket {
  const loop = currentLoop();
  checkNodeRuns(loop, 'connectDuplex');
  if (typeof target !== 'string') throw wrongType('connectDuplex', 'a host and a port, or a path', target);
  const toPath = second === undefined || typeof second === 'object';
  const { tls = false, serverName, ...options } = (toPath ? second : third) ?? {};
  const where = toPath ? { path: target } : { host: target, port: second };
  const socket =
    tls === false ? net.connect({ ...options, ...where }) : secureSocket({ ...options, ...where }, tls, serverName);
  connectOnce(socket);
  destroyWithLoop(loop, socket);
  return socket;
}

/**
 * Makes `socket.connect()` wait for the pending connection. Libraries such as pg call it on a socket that they are given, and Node would
 * then start a second connect on the same descriptor, which fails with EALREADY.
 */
function connectOnce(socket: net.Socket): void {
  const connect = socket.connect.bind(socket) as (...args: unknown[]) => net.Socket;
  socket.connect = (...args: unknown[]): net.Socket => {
    if (!socket.connecting) return connect(...args);
    const listener = args.at(-1);
    if (typeof listener === 'function') socket.once('connect', listener as () => void);
    return socket;
  };
}

function secureSocket(where: object, tls: true | ConnectionOptions, serverName: string | undefined): net.Socket {
  return nodeTls().connect({
    ...where,
    ...(tls === true ? {} : tls),
    ...(serverName !== undefined && { servername: serverName }),
  });
}
