/** Listeners and clients for the tests of servers. */

import type { Server, Steps } from 'selectloop';
import type { Accepted, Socket } from 'selectloop/sockets';

import type { Opened } from '../support/sockets.js';

/** A listening socket whose accept returns what the test says: an errno, or a real connection. */
export function scriptedListener(
  opened: Opened,
  script: (call: number) => number | null,
): { listener: Socket; calls: number[] } {
  const { listener } = opened.listener();
  const accept = listener.acceptEx.bind(listener);
  const calls: number[] = [];
  listener.acceptEx = (): Accepted | number => {
    calls.push(calls.length);
    return script(calls.length) ?? accept();
  };
  return { listener, calls };
}

/** Connects raw sockets to a server, without waiting. */
export function knock(opened: Opened, server: Server, count: number): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = opened.socket();
    socket.connectEx(server.sockets[0]!.getsockname());
    return socket;
  });
}

/** Closes a server and its connections, and waits for their end. */
export function* closed(server: Server): Steps<void> {
  server.close();
  server.abortClients();
  yield* server.waitClosed();
}
