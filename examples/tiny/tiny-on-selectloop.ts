/**
 * The exports of `tiny.ts`, implemented by the library: programs for tiny run on selectloop when they import this file instead.
 *
 * Most names are the library's own. Only `createConnection`, which here returns a socket, and `createPeriodicTask` are added.
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

/** Connects to an address. The caller owns the socket. If the connection fails, the socket is closed. */
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

/** Calls `fn` every `intervalMs`. Due times are counted from the start, so a late call does not delay the next one. */
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
