// Echo server on raw sockets: accept, recv and send, without a transport.
// Each call tries its system call immediately, and waits for the selector only if the kernel returns EAGAIN.
// Watch what the other styles do for you: here the program itself closes every socket, and creates a task for each connection.

import {
  OSError,
  SOL_SOCKET,
  SO_REUSEADDR,
  Semaphore,
  Socket,
  type Steps,
  acceptPauseMs,
  createTask,
  sleep,
  sockAccept,
  sockRecv,
  sockSendAll,
} from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, MAX_CLIENTS, announce, endpointOf, untilInterrupted } from './serving.js';

export function* echo(socket: Socket): Steps<void> {
  try {
    for (;;) {
      const data = yield* sockRecv(socket, 65_536);
      if (data.length === 0) return;
      yield* sockSendAll(socket, data);
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // a peer that goes away ends its own connection only
  } finally {
    socket.close();
  }
}

/** Opens a listening socket. The caller owns it. */
export function listen({ host, port }: Endpoint): Socket {
  const listener = new Socket();
  try {
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    listener.setBlocking(false);
    listener.bind({ host, port });
    listener.listen();
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

/**
 * Accepts connections and creates a task for each, until it is cancelled. Then it closes the listener.
 *
 * @param mostClients the number of connections at which it accepts no further one until one has been handled
 */
export function* serve(
  listener: Socket,
  handle: (socket: Socket) => Steps<void> | Promise<void>,
  mostClients = MAX_CLIENTS,
): Steps<never> {
  const places = new Semaphore(mostClients);
  try {
    for (;;) {
      yield* places.acquire();
      const socket = yield* accept(listener);
      const client = createTask(() => handle(socket));
      client.addDoneCallback(() => places.release());
    }
  } finally {
    listener.close();
  }
}

function* accept(listener: Socket): Steps<Socket> {
  for (;;) {
    try {
      return (yield* sockAccept(listener)).socket;
    } catch (error) {
      const pauseMs = acceptPauseMs(error); // out of descriptors or memory: wait and retry
      if (pauseMs === null) throw error;
      yield* sleep(pauseMs);
    }
  }
}

await program(import.meta, async (args) => {
  await untilInterrupted(() => {
    const listener = listen(endpointOf(args, 7007));
    announce('echo', listener.getsockname());
    return serve(listener, echo);
  });
});
