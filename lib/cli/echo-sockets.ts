/**
 * Echo servers on raw sockets, as generator coroutines and as async functions. Apart from `yield*` and `await`, the two are the same.
 */

import { sleep } from '../combinators/index.js';
import { OSError, isInstance } from '../errors/index.js';
import { acceptPauseMs, sockAccept, sockRecv, sockSendAll } from '../sock/index.js';
import type { Address, Socket } from '../sockets/index.js';
import { type Steps, createTask } from '../tasks/index.js';

/** The largest receive. */
const CHUNK_BYTES = 65_536;

/** Ignores errors of the peer, such as a reset: they end the connection, not the server. */
function ignoreLostPeer(error: unknown): void {
  if (!isInstance(error, OSError)) throw error;
}

/** Returns the name of a connection's task, which shows the client in traces and messages. */
function nameOf(address: Address): string {
  return 'path' in address ? 'client' : `client ${address.host}:${address.port}`;
}

function* echo(socket: Socket): Steps<void> {
  try {
    for (;;) {
      const data = yield* sockRecv(socket, CHUNK_BYTES);
      if (data.length === 0) return;
      yield* sockSendAll(socket, data);
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    socket.close();
  }
}

/** Serves connections of `listener` until cancelled, with generator coroutines, one task per connection. */
export function* serveSockets(listener: Socket): Steps<never> {
  for (;;) {
    try {
      const { socket, address } = yield* sockAccept(listener);
      const serveClient = (): Steps<void> => echo(socket);
      createTask(serveClient, { name: nameOf(address) });
    } catch (error) {
      yield* sleep(pauseAfter(error));
    }
  }
}

async function echoAsync(socket: Socket): Promise<void> {
  try {
    for (;;) {
      const data = await sockRecv(socket, CHUNK_BYTES);
      if (data.length === 0) return;
      await sockSendAll(socket, data);
    }
  } catch (error) {
    ignoreLostPeer(error);
  } finally {
    socket.close();
  }
}

/** Does the same with async functions. */
export async function serveAsync(listener: Socket): Promise<never> {
  for (;;) {
    try {
      const { socket, address } = await sockAccept(listener);
      const serveClient = (): Promise<void> => echoAsync(socket);
      createTask(serveClient, { name: nameOf(address) });
    } catch (error) {
      await sleep(pauseAfter(error));
    }
  }
}

/** Returns the pause before the next accept after a lack of resources; rethrows any other error, in particular the cancellation. */
function pauseAfter(error: unknown): number {
  const pauseMs = acceptPauseMs(error);
  if (pauseMs === null) throw error;
  process.stderr.write(`selectloop: ${(error as Error).message}; accepting again in ${pauseMs / 1000} s\n`);
  return pauseMs;
}
