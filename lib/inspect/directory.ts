/**
 * The directory of the doors. Each open door is a UNIX socket there, with the name `PID-N.sock`, or `PID-threadT-N.sock` in a worker.
 *
 * A door shows what a program does, and may let a viewer control it. So the directory belongs to us, no other user can enter it, and it
 * is not a symbolic link, which another user could have put into /tmp. A process that was killed leaves its socket, which the next one removes.
 */

import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import { LoopError, type OSError } from '../errors/index.js';
import { AF_UNIX, Socket } from '../sockets/index.js';

/** The socket of a door. */
export interface DoorFile {
  /** Such as `4711-1`. */
  readonly name: string;
  readonly pid: number;
  readonly path: string;
}

const ours = (): number => process.getuid?.() ?? -1;

/** The path of a UNIX socket has at most 107 bytes; the name of a door needs some of them. */
const LONGEST_RUNTIME_DIRECTORY = 60;

/** Returns where the doors of this process are made. */
function ownDirectory(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  const usable = runtime.startsWith('/') && Buffer.byteLength(runtime) <= LONGEST_RUNTIME_DIRECTORY;
  return usable && existsSync(runtime) ? join(runtime, 'selectloop') : `/tmp/selectloop-${ours()}`;
}

/** Returns the places where the doors of a user's processes can be: a service may have another environment than a shell. */
function directoriesOf(uid: number): string[] {
  const likely = [`/run/user/${uid}/selectloop`, `/tmp/selectloop-${uid}`];
  return uid === ours() ? [...new Set([ownDirectory(), ...likely])] : likely;
}

/**
 * Creates the directory, if need be, and checks that only we can enter it.
 *
 * @throws LoopError ERR_INSPECTOR_UNAVAILABLE if it is not ours, not private, or not a directory; errors of `node:fs`
 */
export function makeDirectory(path = ownDirectory()): string {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700); // a umask may have removed more
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const reason = objection(path, ours());
  if (reason !== null) throw new LoopError('ERR_INSPECTOR_UNAVAILABLE', `expected ${path} to be ours alone, ${reason}`);
  return path;
}

/** Returns why a directory cannot be trusted; null if it can. @throws errors of `node:fs` */
function objection(path: string, uid: number): string | null {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return 'got a symbolic link';
  if (!status.isDirectory()) return 'got a file that is no directory';
  if (status.uid !== uid) return `got a directory of user ${status.uid}`;
  const mode = status.mode & 0o777;
  return (mode & 0o077) === 0 ? null : `got mode 0${mode.toString(8)}`;
}

/** Returns the doors of a user's processes. A directory that cannot be trusted has none. */
export function doorFiles(uid = ours()): DoorFile[] {
  const found = directoriesOf(uid).flatMap((directory) => filesIn(directory, uid));
  return found.sort((a, b) => a.pid - b.pid || (a.name < b.name ? -1 : 1));
}

function filesIn(directory: string, uid: number): DoorFile[] {
  try {
    if (objection(directory, uid) !== null) return [];
    return readdirSync(directory).flatMap((file) => {
      const [, name, pid] = /^((\d{1,10})(?:-thread\d+)?-\d+)\.sock$/.exec(file) ?? [];
      return name === undefined ? [] : [{ name, pid: Number(pid), path: join(directory, file) }];
    });
  } catch {
    return []; // it does not exist, or cannot be read
  }
}

/** Returns whether a process exists. Those of another PID namespace do not, as far as we can see. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Removes the sockets of our processes that have ended. A process of another PID namespace may share the directory and be alive, so a socket
 * is removed only if it also refuses connections.
 */
export function removeStale(): void {
  for (const { pid, path } of doorFiles()) {
    if (!processExists(pid) && refusesConnections(path)) remove(path);
  }
}

/** Returns whether nothing listens on a socket. Does not block. */
export function refusesConnections(path: string): boolean {
  const probe = new Socket(AF_UNIX);
  try {
    probe.setBlocking(false);
    probe.connect({ path });
    return false;
  } catch (error) {
    return (error as OSError).code === 'ECONNREFUSED';
  } finally {
    probe.close();
  }
}

/** Removes a socket; a no-op if it is gone. */
export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // another process was faster
  }
}
