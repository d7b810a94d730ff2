/**
 * The port that workers share.
 *
 * Every worker has its own listening socket, and the kernel distributes the connections over these sockets (SO_REUSEPORT). This
 * process opens and keeps all of them, and the workers inherit theirs. A socket that only its worker had would disappear with the
 * worker, and the kernel would reset the connections in its queue.
 */

import { bindSockets, bound } from '../servers/bind-sockets.js';
import { SOL_SOCKET, SO_REUSEPORT, type Socket } from '../sockets/index.js';
import type { ListenFd } from '../systemd/index.js';
import type { Steps } from '../tasks/index.js';

/** Where the workers listen. */
export interface Port {
  /** The sockets of the addresses, to show; they stay open as long as the port is in use. */
  readonly sockets: readonly Socket[];
  /** Opens the listening sockets of one worker. */
  listen(): readonly ListenFd[];
  /** Closes the sockets of a worker. */
  close(passed: readonly ListenFd[]): void;
}

/**
 * Reserves a port for workers. The sockets that reserve it never listen.
 *
 * SO_REUSEPORT is set only after binding. So the bind fails if another program is listening on the port, such as another group of workers,
 * which would otherwise take a share of the connections unnoticed.
 */
export function* reservePort(hosts: ReadonlyArray<string | null>, port: number, backlog: number): Steps<Port> {
  const sockets = yield* bindSockets(hosts, port, {});
  for (const socket of sockets) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
  return {
    sockets,
    listen: () => sockets.map((reserved) => ({ name: 'unknown', socket: listening(reserved, backlog) })),
    close: closeAll,
  };
}

function listening(reserved: Socket, backlog: number): Socket {
  const socket = bound({ family: reserved.family, address: reserved.getsockname() }, { reusePort: true });
  try {
    socket.listen(backlog);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Makes all workers share the sockets that a service manager has passed, each with one queue. */
export function passedPort(passed: readonly ListenFd[]): Port {
  return { sockets: passed.map(({ socket }) => socket), listen: () => passed, close: () => undefined };
}

function closeAll(passed: readonly ListenFd[]): void {
  for (const { socket } of passed) socket.close();
}
