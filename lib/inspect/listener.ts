/** The socket of a door. */

import { fchmodSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

import type { OSError } from '../errors/index.js';
import { AF_UNIX, Socket } from '../sockets/index.js';
import { refusesConnections, remove } from './directory.js';

/** Viewers that wait to be accepted. */
const BACKLOG = 8;

/** The number of doors that this thread has had. */
let made = 0;

/** A listening socket, and the name of its door. */
export interface DoorSocket {
  readonly name: string;
  readonly path: string;
  readonly socket: Socket;
}

/** Opens the socket of a new door, non-blocking. @throws OSError */
export function openDoorSocket(directory: string): DoorSocket {
  const thread = isMainThread ? '' : `thread${threadId}-`;
  for (;;) {
    const name = `${process.pid}-${thread}${(made += 1)}`;
    const path = join(directory, `${name}.sock`);
    const socket = bound(path) ?? boundInstead(path);
    if (socket === null) continue; // the door of a process with our number, in another PID namespace
    socket.setBlocking(false);
    socket.listen(BACKLOG);
    return { name, path, socket };
  }
}

/** Takes the place of a socket that a former process with our number has left. In a container the numbers are often the same. */
function boundInstead(path: string): Socket | null {
  if (!refusesConnections(path)) return null;
  remove(path);
  return bound(path);
}

/**
 * Returns a socket with this path; null if there is one already.
 *
 * The kernel creates the file with the mode of the socket, so no other user can connect to it at any time. (A umask would do the same, but
 * it is that of the whole process, and a worker cannot set it.)
 */
function bound(path: string): Socket | null {
  const socket = new Socket(AF_UNIX);
  try {
    fchmodSync(socket.fileno(), 0o600);
    socket.bind({ path });
    return socket;
  } catch (error) {
    socket.close();
    if ((error as OSError).code === 'EADDRINUSE') return null;
    throw error;
  }
}
