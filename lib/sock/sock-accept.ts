/** Accepts connections, and interprets the results of accept(2) for the whole library. */

import { OSError, isInstance } from '../errors/index.js';
import { EAGAIN } from '../sockets/errno.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { Accepted, Socket } from '../sockets/index.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Errors of one connection that accept(2) reports in place of it: the peer has aborted it, a firewall forbids it, or its network had
 * failed before it was accepted. The call has removed the connection from the backlog, so the next call gets the next one.
 */
const ERRORS_OF_A_CONNECTION: ReadonlySet<number> = new Set(
  [
    'ECONNABORTED',
    'EPROTO',
    'EPERM',
    'ENETDOWN',
    'ENOPROTOOPT',
    'EHOSTDOWN',
    'ENONET',
    'EHOSTUNREACH',
    'EOPNOTSUPP',
    'ENETUNREACH',
  ].map((name) => -nativeConstant(name)),
);

/** A listener with so many such errors in a row is itself broken: a socket of the wrong type always fails with EOPNOTSUPP. */
const MOST_RETRIES = 100;

/**
 * Accepts a connection from the backlog of a non-blocking listener. Returns null if there is none. Connections that have already failed
 * are skipped, because they are not an error of the listener.
 *
 * @throws OSError for every other failure, and if a hundred connections in a row have failed; see {@link acceptPauseMs}
 */
export function acceptNext(listener: Socket): Accepted | null {
  for (let retries = 0; ; retries += 1) {
    const accepted = listener.acceptEx();
    if (typeof accepted !== 'number') return accepted;
    if (accepted === EAGAIN) return null;
    if (!ERRORS_OF_A_CONNECTION.has(accepted) || retries === MOST_RETRIES) throw new OSError(accepted, 'accept');
  }
}

function* acceptSteps(listener: Socket): Steps<Accepted> {
  if (turnIsOver(currentLoop())) yield;
  for (;;) {
    const accepted = acceptNext(listener);
    if (accepted !== null) return accepted;
    yield* socketReady(listener, 'reader', 'accept');
  }
}

/**
 * Accepts a connection. Returns a non-blocking socket, which the caller owns, and the address of the peer.
 *
 * Cancelling it loses no connection, because only the task that gets the socket calls accept(2).
 *
 * Connections that fail before they are accepted are skipped.
 *
 * @throws OSError EMFILE or ENFILE if the process or the system has no descriptor left; the connection then stays in the backlog (see
 *   {@link acceptPauseMs})
 *
 * @example
 * import { Socket, run, sockAccept } from 'selectloop';
 *
 * await run(async () => {
 *   using listener = new Socket();
 *   listener.setBlocking(false);
 *   listener.bind({ host: '127.0.0.1', port: 0 });
 *   listener.listen();
 *   using client = new Socket();
 *   client.connect(listener.getsockname());
 *   using connection = (await sockAccept(listener)).socket;
 *   console.log(connection.getBlocking()); // false
 * });
 */
export function sockAccept(listener: Socket, options?: Abortable): Coroutine<Accepted> {
  checkNonBlocking(listener, 'sockAccept');
  return operation('sockAccept', acceptSteps(listener), options);
}

/** The pause of a server after an error of accept: one second, as in asyncio. */
export const ACCEPT_PAUSE_MS = 1000;

const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Returns how long a server should pause after `error` before it accepts again, in milliseconds; null if the error is not about a lack
 * of resources.
 *
 * The connection that could not be accepted stays in the backlog, so the listener stays readable. A server that retries without a pause
 * spins at full CPU until a descriptor is free.
 */
export function acceptPauseMs(error: unknown): number | null {
  return isInstance(error, OSError) && OUT_OF_RESOURCES.has(error.code) ? ACCEPT_PAUSE_MS : null;
}
