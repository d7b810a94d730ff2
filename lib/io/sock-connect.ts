/** Connecting. */

import { isIP } from 'node:net';

import { OSError } from '../errors/index.js';
import { errorTarget } from '../sockets/address.js';
import { EAGAIN, EINPROGRESS } from '../sockets/errno.js';
import { nativeConstant } from '../sockets/native-constant.js';
import { AF_UNIX, type Address, SOL_SOCKET, SO_ERROR, type Socket } from '../sockets/index.js';
import { Coroutine, Future, type Steps } from '../tasks/index.js';
import { runningLoop } from '../loop/running-loop.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { getaddrinfo } from './resolver.js';

const EALREADY = -nativeConstant('EALREADY');

/** A UNIX listener whose queue is full answers EAGAIN, and no event tells when there is room: the pauses between the tries. */
const FIRST_RETRY_MS = 1;
const LONGEST_RETRY_MS = 50;

function* connectSteps(socket: Socket, target: Address): Steps<void> {
  const address = yield* resolved(socket, target);
  let retryMs = FIRST_RETRY_MS;
  for (;;) {
    const result = socket.connectEx(address);
    if (result === 0) return;
    if (result === EINPROGRESS || result === EALREADY) {
      // EALREADY: a connect that was cancelled goes on in the kernel; this one takes it over.
      yield* socketReady(socket, 'writer');
      const error = socket.getsockopt(SOL_SOCKET, SO_ERROR);
      if (error !== 0) throw new OSError(-error, 'connect', errorTarget(address));
      return;
    }
    if (result !== EAGAIN || socket.family !== AF_UNIX) throw new OSError(result, 'connect', errorTarget(address));
    yield* pause(retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

function* pause(delayMs: number): Steps<void> {
  const loop = runningLoop();
  const future = new Future<void>({ loop });
  const timer = loop.callLater(delayMs, () => {
    if (!future.done()) future.setResult();
  });
  try {
    yield* future;
  } finally {
    timer.cancel();
  }
}

function* resolved(socket: Socket, address: Address): Steps<Address> {
  if (socket.family === AF_UNIX || !('host' in address) || address.host === '' || isIP(address.host) !== 0)
    return address;
  const { family, type } = socket;
  const [first] = yield* getaddrinfo(address.host, address.port, { family, type });
  return first?.address ?? address;
}

/**
 * Connects a socket; a host name is resolved first, for the socket's own family and type.
 *
 * Cancelling it leaves the attempt to the kernel: connect again to take it over, or close the socket. OSError ECONNREFUSED,
 * ETIMEDOUT and the like, with the address.
 */
export function sockConnect(socket: Socket, address: Address): Coroutine<void> {
  checkNonBlocking(socket, 'sockConnect');
  return new Coroutine(connectSteps(socket, address), 'sockConnect');
}
