/** From a host and a port to bound sockets: one for each address that the host stands for. */

import { OSError } from '../errors/index.js';
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

/** Which addresses are bound, and how. */
export interface BindOptions {
  /** AF_INET or AF_INET6. Default: both. */
  family?: number;
  /** Bind although connections of a former server linger on the port. Default: true. */
  reuseAddress?: boolean;
  /** Share the port with other sockets that say the same; the kernel spreads the connections over them. Default: false. */
  reusePort?: boolean;
}

interface Target {
  readonly family: number;
  readonly address: Address;
}

/** Binds a socket to every address; if one cannot be bound, none is. null and '' stand for all interfaces. */
export function* bindSockets(hosts: ReadonlyArray<string | null>, port: number, options: BindOptions): Steps<Socket[]> {
  const targets = new Map<string, Target>();
  for (const host of hosts) {
    for (const target of yield* resolveLocal(host ?? '', port, { family: options.family ?? AF_UNSPEC })) {
      targets.set(JSON.stringify(target), target); // a name may have the same address twice
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

function bound({ family, address }: Target, options: BindOptions): Socket {
  const { reuseAddress = true, reusePort = false } = options;
  const socket = new Socket(family, SOCK_STREAM | SOCK_NONBLOCK);
  try {
    if (reuseAddress) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    if (reusePort) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    // Or the socket of :: would take the IPv4 connections, too, and leave no place for the one of 0.0.0.0.
    if (family === AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, true);
    socket.bind(address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof OSError && (error.errno === EAFNOSUPPORT || error.errno === EADDRNOTAVAIL);
}
