/**
 * The names of `tiny.ts` on the library: programs for tiny run on selectloop when they import this file instead.
 *
 * Most names are the library's own. What is left shows how little stands between the two: a socket that connects, and a sleep in
 * a loop.
 */

import { type Steps, type Task, Socket, createTask, getRunningLoop, sleep, sockConnect } from 'selectloop';

export {
  type Steps,
  type Task,
  createTask,
  gather,
  getRunningLoop as getEventLoop,
  run,
  sleep,
  sockAccept,
  sockRecv,
  sockSendAll,
} from 'selectloop';

/** Connects to an address; the caller owns the socket. */
export function* createConnection(host: string, port: number): Steps<Socket> {
  const socket = new Socket();
  try {
    socket.setBlocking(false);
    yield* sockConnect(socket, { host, port });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Calls `fn` every `intervalMs`, counted from now. */
export function createPeriodicTask(fn: () => unknown, intervalMs: number): Task<never> {
  const loop = getRunningLoop();
  function* periodic(): Steps<never> {
    for (let whenMs = loop.time() + intervalMs; ; whenMs += intervalMs) {
      yield* sleep(whenMs - loop.time());
      fn();
    }
  }
  return createTask(periodic());
}
