/** Accepting connections. */

import { OSError } from '../errors/index.js';
import { nativeConstant } from '../sockets/native-constant.js';
import { EAGAIN } from '../sockets/errno.js';
import type { Accepted, Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { currentLoop } from '../tasks/current-loop.js';

/** A connection that the peer gave up while it stood in the queue: there is nothing to accept, and nothing wrong here. */
const ECONNABORTED = -nativeConstant('ECONNABORTED');

function* acceptSteps(listener: Socket): Steps<Accepted> {
  if (turnIsOver(currentLoop())) yield;
  for (;;) {
    const accepted = listener.acceptEx(true);
    if (typeof accepted !== 'number') return accepted;
    if (accepted === EAGAIN) yield* socketReady(listener, 'reader', 'accept');
    else if (accepted !== ECONNABORTED) throw new OSError(accepted, 'accept');
  }
}

/**
 * Accepts a connection: a non-blocking socket that the caller owns, and the address of the peer.
 *
 * Cancelling it loses no connection: accept is only called by the task that gets the socket. OSError EMFILE or ENFILE when the
 * process or the system has no descriptor left; the connection then stays in the queue (see {@link acceptPauseMs}).
 */
export function sockAccept(listener: Socket): Coroutine<Accepted> {
  checkNonBlocking(listener, 'sockAccept');
  return new Coroutine(acceptSteps(listener), 'sockAccept');
}

const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * How long a server should wait before it accepts again after `error`, in milliseconds; null if the error is of another kind.
 *
 * The connection that could not be accepted stays in the listener's queue, so the listener stays readable, and a server that
 * tries again at once spins at full CPU until a descriptor is free. One second is asyncio's pause.
 */
export function acceptPauseMs(error: unknown): number | null {
  return error instanceof OSError && OUT_OF_RESOURCES.has(error.code) ? 1000 : null;
}
