/** Connections of Node's that belong to a loop. */

import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';

import { wrongType } from '../errors/index.js';
import { checkNodeRuns, destroyWithLoop } from '../bridge/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { nodeTls } from '../tls/node-tls.js';

/** How `connectDuplex` connects: the options of `net.connect`, and TLS. */
export interface ConnectDuplexOptions
  extends net.SocketConstructorOpts, Partial<Omit<net.TcpNetConnectOpts, 'host' | 'port' | 'onread' | 'timeout'>> {
  /** As `socket.setTimeout()`. */
  timeout?: number;
  /** Speak TLS, with all defaults of `tls.connect` (true) or with these options. The result is a TLSSocket. */
  tls?: boolean | ConnectionOptions;
  /** The name that the server's certificate must be for, and that is sent to it (SNI). Default: the host. Only with `tls`. */
  serverName?: string;
}

/**
 * Begins to connect, and returns the socket immediately: 'connect' comes later, or 'error'. It is what `net.connect` returns (with `tls`,
 * what `tls.connect` returns), so libraries that are given a socket and wait for 'connect' need no adaptor. No byte is read
 * before the program has had the time to attach its listeners. Calling `connect()` while it connects changes nothing: pg does so.
 *
 * The socket belongs to the loop that runs: when that closes, it is destroyed, without an error.
 *
 * @param host a name, an address, or alone the path of a UNIX socket
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
 * Makes `socket.connect()` wait for the connection that is under way. Libraries such as pg call it on the socket that they are given,
 * and Node would begin a second connection on the same descriptor, which fails with EALREADY.
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
