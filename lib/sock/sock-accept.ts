/** Accepting connections: the one place that knows what the outcomes of accept(2) mean. */

import { OSError } from '../errors/index.js';
import { EAGAIN, ECONNABORTED } from '../sockets/errno.js';
import type { Accepted, Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { turnIsOver } from './fairness.js';
import { checkNonBlocking } from './non-blocking.js';
import { socketReady } from './readiness.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Takes a connection from the backlog of a non-blocking listener; null if there is none. One that the peer has given up meanwhile
 * is skipped: there is nothing to accept, and nothing wrong here.
 *
 * @throws OSError for anything else; see {@link acceptPauseMs}
 */
export function acceptNext(listener: Socket): Accepted | null {
  for (;;) {
    const accepted = listener.acceptEx();
    if (typeof accepted !== 'number') return accepted;
    if (accepted === EAGAIN) return null;
    if (accepted !== ECONNABORTED) throw new OSError(accepted, 'accept');
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
 * Accepts a connection: a non-blocking socket that the caller owns, and the address of the peer.
 *
 * Cancelling it loses no connection: accept is only called by the task that gets the socket. OSError EMFILE or ENFILE when the
 * process or the system has no descriptor left; the connection then stays in the queue (see {@link acceptPauseMs}).
 */
export function sockAccept(listener: Socket): Coroutine<Accepted> {
  checkNonBlocking(listener, 'sockAccept');
  return new Coroutine(acceptSteps(listener), 'sockAccept');
}

/** The pause of a server after an error of accept: one second, as in asyncio. */
export const ACCEPT_PAUSE_MS = 1000;

const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * How long a server should wait before it accepts again after `error`, in milliseconds; null if the error is of another kind.
 *
 * The connection that could not be accepted stays in the listener's queue, so the listener stays readable, and a server that
 * tries again without a pause spins at full CPU until a descriptor is free.
 */
export function acceptPauseMs(error: unknown): number | null {
  return error instanceof OSError && OUT_OF_RESOURCES.has(error.code) ? ACCEPT_PAUSE_MS : null;
}
