/** Makes a bound or connected datagram socket from the addresses of an endpoint. */

import { OSError, isInstance, outOfRange } from '../errors/index.js';
import {
  AF_UNIX,
  type Address,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SO_BROADCAST,
  SO_REUSEPORT,
  Socket,
} from '../sockets/index.js';
import type { Steps } from '../tasks/index.js';
import { getaddrinfo, resolveLocal } from '../sock/resolver.js';
import { type BindToPathOptions, bindToPath } from '../sock/unix-path.js';

/** The addresses of an endpoint and the options of its socket. */
export interface EndpointAddresses extends BindToPathOptions {
  /**
   * The address to receive at: { host, port } or { path }. Names are resolved; the host '' means any address. Default: the kernel chooses
   * on the first send.
   */
  localAddress?: Address;
  /** The only peer: datagrams from other senders are not received, and `sendTo` needs no address. */
  remoteAddress?: Address;
  /** AF_INET, AF_INET6 or AF_UNIX. Default: the family of the addresses. */
  family?: number;
  /** A protocol number, such as IPPROTO_UDP. Default: the only protocol of the family. */
  protocol?: number;
  /** Share the port with other sockets that set this. Default: false. */
  reusePort?: boolean;
  /** Allow sending to broadcast addresses. Default: false. */
  allowBroadcast?: boolean;
}

/** One pair of addresses to try. */
interface Target {
  readonly family: number;
  readonly local: Address | null;
  readonly remote: Address | null;
}

/** Makes the socket. If every address fails, throws the OSError of the last one; no socket is left open. */
export function* endpointSocket(options: EndpointAddresses): Steps<{ socket: Socket; peer: Address | null }> {
  let failure: unknown = null;
  for (const target of yield* targetsOf(options)) {
    try {
      return { socket: opened(target, options), peer: target.remote };
    } catch (error) {
      if (!isInstance(error, OSError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function* targetsOf({ localAddress, remoteAddress, family = 0 }: EndpointAddresses): Steps<Target[]> {
  const locals = localAddress === undefined ? null : yield* addressesOf(localAddress, family, resolveLocal);
  const remotes = remoteAddress === undefined ? null : yield* addressesOf(remoteAddress, family, getaddrinfo);
  if (locals === null && remotes === null) return [{ family, local: null, remote: null }];
  if (locals === null) return remotes!.map((remote) => ({ ...remote, local: null, remote: remote.address }));
  if (remotes === null) return locals.map((local) => ({ ...local, local: local.address, remote: null }));
  const pairs = locals.flatMap((local) =>
    remotes
      .filter((remote) => remote.family === local.family)
      .map((remote) => ({ family: local.family, local: local.address, remote: remote.address })),
  );
  if (pairs.length > 0) return pairs;
  const expected = 'an address of the same family as localAddress';
  throw outOfRange('createDatagramEndpoint: remoteAddress', expected, JSON.stringify(remoteAddress));
}

function* addressesOf(
  address: Address,
  family: number,
  resolve: typeof getaddrinfo | typeof resolveLocal,
): Steps<Array<{ family: number; address: Address }>> {
  if ('path' in address) return [{ family: AF_UNIX, address }];
  return yield* resolve(address.host, address.port, { family, type: SOCK_DGRAM });
}

function opened({ family, local, remote }: Target, options: EndpointAddresses): Socket {
  const socket = new Socket(family, SOCK_DGRAM | SOCK_NONBLOCK, options.protocol ?? 0);
  try {
    if (options.reusePort === true) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    if (options.allowBroadcast === true) socket.setsockopt(SOL_SOCKET, SO_BROADCAST, true);
    if (local !== null) {
      if ('path' in local) bindToPath(socket, local.path, options);
      else socket.bind(local);
    }
    if (remote !== null) socket.connect(remote);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
