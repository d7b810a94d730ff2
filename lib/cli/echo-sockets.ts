/**
 * Echo servers on raw sockets, in both flavours: what comes in goes out again, for any number of connections at once.
 *
 * The two differ in `yield*` and `await` and in nothing else that matters.
 */

import { sleep } from '../combinators/index.js';
import { OSError } from '../errors/index.js';
import { acceptPauseMs, sockAccept, sockRecv, sockSendAll } from '../sock/index.js';
import type { Address, Socket } from '../sockets/index.js';
import { type Steps, createTask } from '../tasks/index.js';

/** How much one receive takes. */
const CHUNK_BYTES = 65_536;

/** A peer that goes away in the middle is its own business: the connection ends, the server does not. */
function ignoreLostPeer(error: unknown): void {
  if (!(error instanceof OSError)) throw error;
}

/** The task of a connection is named after its client, for traces and messages. */
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

/** Serves connections of `listener` until it is cancelled: generator coroutines, one task a connection. */
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

/** The same with async functions. */
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

/** How long to wait until the next accept; anything but a lack of resources (the cancellation above all) is thrown on. */
function pauseAfter(error: unknown): number {
  const pauseMs = acceptPauseMs(error);
  if (pauseMs === null) throw error;
  process.stderr.write(`selectloop: ${(error as Error).message}; accepting again in ${pauseMs / 1000} s\n`);
  return pauseMs;
}
