/** Binds sockets to a host and port: one for each address of the host. */

import { OSError, isInstance } from '../errors/index.js';
import { EADDRNOTAVAIL, EAFNOSUPPORT } from '../sockets/errno.js';
import {
  AF_INET6,
  AF_UNSPEC,
  type Address,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  SO_REUSEPORT,
  Socket,
} from '../sockets/index.js';
import type { Steps } from '../tasks/index.js';
import { resolveLocal } from '../sock/resolver.js';

/** Options for binding the addresses of a host. */
export interface BindOptions {
  /** AF_INET or AF_INET6. Default: both. */
  family?: number;
  /** Bind even if connections of a previous server linger on the port. Default: true. */
  reuseAddress?: boolean;
  /** Share the port with other sockets that set this; the kernel distributes connections among them. Default: false. */
  reusePort?: boolean;
}

/** An address to bind to. */
export interface Target {
  readonly family: number;
  readonly address: Address;
}

/** Binds a socket to every address. If one bind fails, all sockets are closed. null and '' mean all interfaces. */
export function* bindSockets(hosts: ReadonlyArray<string | null>, port: number, options: BindOptions): Steps<Socket[]> {
  const targets = new Map<string, Target>();
  for (const host of hosts) {
    for (const target of yield* resolveLocal(host ?? '', port, { family: options.family ?? AF_UNSPEC })) {
      targets.set(JSON.stringify(target), target); // a name may resolve to the same address twice
    }
  }
  const sockets: Socket[] = [];
  let complete = false;
  try {
    let unavailable: unknown = null;
    for (const target of targets.values()) {
      try {
        sockets.push(bound(target, options));
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        unavailable ??= error;
      }
    }
    if (sockets.length === 0) throw unavailable;
    complete = true;
    return sockets;
  } finally {
    if (!complete) for (const socket of sockets) socket.close();
  }
}

/** Returns a socket bound to the address. */
export function bound({ family, address }: Target, options: BindOptions): Socket {
  const { reuseAddress = true, reusePort = false } = options;
  const socket = new Socket(family, SOCK_STREAM | SOCK_NONBLOCK);
  try {
    if (reuseAddress) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    if (reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    // Without this the socket of :: would also accept IPv4, and the bind of 0.0.0.0 would fail.
    if (family === AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, true);
    socket.bind(address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return isInstance(error, OSError) && (error.errno === EAFNOSUPPORT || error.errno === EADDRNOTAVAIL);
}
