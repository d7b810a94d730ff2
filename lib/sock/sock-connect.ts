/** Connects a socket. */

import { OSError } from '../errors/index.js';
import { isIP } from '../platform/ip.js';
import { errorTarget } from '../sockets/address.js';
import { EAGAIN, EALREADY, EINPROGRESS } from '../sockets/errno.js';
import {
  AF_UNIX,
  type Address,
  type InetAddress,
  SOL_SOCKET,
  SO_ERROR,
  SO_PROTOCOL,
  type Socket,
  type SocketAddress,
} from '../sockets/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { getaddrinfo } from './resolver.js';
import { RetryPause } from './retry-pause.js';

function* connectSteps(socket: Socket, target: SocketAddress): Steps<void> {
  const address = isName(socket, target) ? yield* firstAddress(socket, target) : target;
  const pause = new RetryPause();
  for (;;) {
    const result = socket.connectEx(address);
    if (result === 0) return;
    if (result === EINPROGRESS || result === EALREADY) {
      // EALREADY: a cancelled connect is still in progress in the kernel, and this call takes it over.
      yield* socketReady(socket, 'writer', 'connect');
      const error = socket.getsockopt(SOL_SOCKET, SO_ERROR);
      if (error !== 0) throw new OSError(-error, 'connect', errorTarget(address));
      return;
    }
    if (result !== EAGAIN || socket.family !== AF_UNIX) throw new OSError(result, 'connect', errorTarget(address));
    yield* pause.wait(); // the listener's backlog is full
  }
}

/** Returns true if the host needs a lookup. Invalid addresses are left to `connectEx`, which reports them. */
function isName(socket: Socket, address: SocketAddress): address is InetAddress {
  const host: unknown = (address as Partial<InetAddress> | null | undefined)?.host;
  if (socket.family === AF_UNIX || typeof host !== 'string' || host === '' || socket.fileno() < 0) return false;
  return isIP(host) === 0;
}

function* firstAddress(socket: Socket, { host, port }: InetAddress): Steps<Address> {
  const { family, type } = socket;
  const protocol = socket.getsockopt(SOL_SOCKET, SO_PROTOCOL);
  const [first] = yield* getaddrinfo(host, port, { family, type, protocol });
  return first?.address ?? { host, port };
}

/**
 * Connects a socket. A host name is first resolved for the family and type of the socket.
 *
 * If it is cancelled, the attempt continues in the kernel: connect again to take it over, or close the socket.
 *
 * @throws OSError such as ECONNREFUSED or ETIMEDOUT, with the address; ResolutionError; TypeError or RangeError for a bad address
 *
 * @example
 * import { Socket, run, sockConnect } from 'selectloop';
 *
 * await run(async () => {
 *   using listener = new Socket();
 *   listener.bind({ host: '127.0.0.1', port: 0 });
 *   listener.listen();
 *   using client = new Socket();
 *   client.setBlocking(false);
 *   await sockConnect(client, listener.getsockname());
 *   console.log('connected'); // connected
 * });
 */
export function sockConnect(socket: Socket, address: SocketAddress, options?: Abortable): Coroutine<void> {
  checkNonBlocking(socket, 'sockConnect');
  return operation('sockConnect', connectSteps(socket, address), options);
}
