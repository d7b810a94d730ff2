/** Socket activation: the sockets that the parent of this process has opened for it (`sd_listen_fds`). */

import { OSError, isInstance, outOfRange } from '../errors/index.js';
import { Socket } from '../sockets/index.js';
import { takeVariables, wholeNumber } from './environment.js';

/** The first passed descriptor (SD_LISTEN_FDS_START). */
const FIRST = 3;

/** The name of a socket that the parent has not named, as in systemd. */
const NAMELESS = 'unknown';

/** A socket that the parent of this process has opened for it. */
export interface ListenFd {
  /** Its `FileDescriptorName=`, by default the name of the socket unit; 'unknown' if the parent gives no names. */
  readonly name: string;
  /** The socket. The caller owns it. */
  readonly socket: Socket;
}

/** The sockets that have been read from the environment and not been taken yet. */
let waiting: ListenFd[] = [];

/**
 * Returns the sockets that a service manager such as systemd has opened for this process: descriptors 3 and up, by the variables
 * LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES. Returns an empty array if there are none, or if they are meant for another process.
 *
 * The caller owns the sockets, so a second call does not return them again. The variables are removed from `process.env`, and no child
 * inherits the descriptors. A server takes its sockets by itself with the option `listenFds`.
 *
 * @throws RangeError if the variables contradict themselves, or if a descriptor is not a socket; the descriptors then stay as they are
 *
 * @example
 * import { listenFds } from 'selectloop';
 *
 * const [first] = listenFds();
 * console.log(first?.name ?? 'not started by a service manager'); // not started by a service manager
 */
export function listenFds(): ListenFd[] {
  readEnvironment();
  return waiting.splice(0);
}

/** Takes the passed sockets of that name, or all that satisfy the condition. @internal */
export function takeListenFds(isWanted: (passed: ListenFd) => boolean): ListenFd[] {
  readEnvironment();
  const taken = waiting.filter(isWanted);
  waiting = waiting.filter((passed) => !taken.includes(passed));
  return taken;
}

/** True if sockets were passed to this process, and it has not asked for any. @internal */
export function listenFdsIgnored(): boolean {
  const { LISTEN_FDS, LISTEN_PID } = process.env;
  return LISTEN_FDS !== undefined && LISTEN_PID === String(process.pid);
}

function readEnvironment(): void {
  const variables = takeVariables('LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID');
  if (variables === null) return;
  const { LISTEN_FDS = '', LISTEN_PID = '', LISTEN_FDNAMES } = variables;
  const pid = wholeNumber(LISTEN_PID);
  if (pid === null || pid === 0) throw outOfRange('listenFds: LISTEN_PID', 'a process id', LISTEN_PID);
  if (pid !== process.pid) return; // inherited from a parent that has not removed the variables
  const count = wholeNumber(LISTEN_FDS);
  if (count === null || count === 0) throw outOfRange('listenFds: LISTEN_FDS', 'a number >= 1', LISTEN_FDS);
  const names = LISTEN_FDNAMES?.split(':');
  if (names !== undefined && names.length !== count) {
    const expected = `${count} ${count === 1 ? 'name' : 'names'}, as LISTEN_FDS says, separated by ':'`;
    throw outOfRange('listenFds: LISTEN_FDNAMES', expected, LISTEN_FDNAMES);
  }
  waiting.push(...adopt(count, names));
}

function adopt(count: number, names: readonly string[] | undefined): ListenFd[] {
  const adopted: ListenFd[] = [];
  try {
    for (let i = 0; i < count; i += 1)
      adopted.push({ name: names?.[i] ?? NAMELESS, socket: socketOf(FIRST + i, count) });
    return adopted;
  } catch (error) {
    for (const { socket } of adopted) socket.detach();
    throw error;
  }
}

function socketOf(fd: number, count: number): Socket {
  try {
    return Socket.fromFd(fd);
  } catch (error) {
    if (!isInstance(error, OSError)) throw error;
    throw outOfRange(`listenFds: descriptor ${fd} of LISTEN_FDS=${count}`, 'a socket', error.code);
  }
}
