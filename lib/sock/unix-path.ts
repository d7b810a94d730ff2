/**
 * Binds UNIX sockets to files, and removes the files.
 *
 * Binding makes a file that outlives its socket, so the next bind to the path fails with EADDRINUSE, whether its server is alive or was
 * killed. Connecting shows which: the kernel refuses a connection to a file that no socket listens on. It also refuses one to a socket that
 * is bound and does not listen yet, such as a server that another process is just starting, so the kernel's list of sockets is searched too.
 *
 * Permissions must be right from the start, because a datagram socket can receive as soon as it is bound. Linux gives the new file the mode
 * of the unbound socket, without the bits of the umask, so `fchmod` before the bind makes the file at most as permissive as asked. The
 * missing bits are added afterwards. A change of the umask would affect all threads of the process.
 */

import type { PathLike } from 'node:fs';

import { OSError, isInstance, outOfRange, wrongType } from '../errors/index.js';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  resolve,
  unlinkSync,
} from '../platform/files.js';
import { native } from '../native/binding.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import { isFilePath } from '../sockets/address.js';
import { EADDRINUSE, ECONNREFUSED } from '../sockets/errno.js';
import { AF_UNIX, SOCK_NONBLOCK, Socket } from '../sockets/index.js';

/** Options for binding to a path. */
export interface BindToPathOptions {
  /** Take over the path of a socket that is still in use. Its connections continue; it gets no new ones. Default: false. */
  replace?: boolean;
  /**
   * The permissions of the socket file, from 0 to 0o777, whatever the umask is: connecting requires the permission to write. They apply
   * before anyone can connect. Default: 0o777 without the bits of the umask.
   */
  mode?: number;
}

/** Throws unless the options are valid, and apply: there must be a path, and a `mode` needs a file. */
export function checkBindToPath(method: string, { replace, mode }: BindToPathOptions, path: unknown): void {
  if (replace !== undefined && typeof replace !== 'boolean')
    throw wrongType(`${method}: replace`, 'a boolean', replace);
  if (mode !== undefined) {
    const expected = 'permissions, an integer from 0 to 0o777';
    if (typeof mode !== 'number') throw wrongType(`${method}: mode`, expected, mode);
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw outOfRange(`${method}: mode`, expected, mode);
  }
  for (const [name, value] of Object.entries({ replace, mode })) {
    if (value === undefined) continue;
    if (path === null || path === undefined)
      throw wrongType(`${method}: ${name}`, 'undefined, because there is no path to bind to', value);
    if (name === 'mode' && !isFilePath(path as string | Uint8Array))
      throw wrongType(`${method}: mode`, 'undefined, because an abstract name has no file', value);
  }
}

/**
 * Binds the socket to a path or an abstract name. A file whose socket is gone is replaced, and with `replace` any socket file.
 *
 * A socket that is bound and does not listen yet is in use. Without `/proc`, or if it is in another network namespace, it counts as gone,
 * because the kernel refuses connections to it.
 *
 * @throws OSError EADDRINUSE if there is a socket in use, or a file of another kind, which is never removed
 */
export function bindToPath(
  socket: Socket,
  path: string | Uint8Array,
  { replace = false, mode }: BindToPathOptions = {},
): void {
  const files = native.socketFiles;
  if (mode !== undefined && files === undefined) fchmodSync(socket.fileno(), mode);
  try {
    socket.bind({ path });
  } catch (error) {
    if (!(isInstance(error, OSError) && error.errno === EADDRINUSE && isFilePath(path))) throw error;
    const file = typeof path === 'string' ? path : Buffer.from(path);
    if (files !== undefined) {
      // No other process can interfere.
      if (!replace && !isUnused(path, socket.type)) throw error;
      files.remove(latin1(path));
      socket.bind({ path });
      return;
    }
    const removed = setAside(file, () => replace || isUnused(path, socket.type));
    if (removed === null) throw error;
    bindInPlaceOf(removed, file, () => socket.bind({ path }));
  }
  if (mode !== undefined && files === undefined) setMode(typeof path === 'string' ? path : Buffer.from(path), mode);
}

/** Identifies a file, even if another file later has its name, or its inode. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly modified: bigint;
}

/** Returns the identity of the file at the path; null if there is none. */
export function identityOf(path: PathLike): FileIdentity | null {
  return find(path)?.identity ?? null;
}

/** Removes the file, unless another server has replaced it since. */
export function removeOwnSocket(path: PathLike, own: FileIdentity): void {
  if (!isSame(identityOf(path), own)) return;
  try {
    if (native.socketFiles === undefined) unlinkSync(path);
    else native.socketFiles.remove(latin1(path));
  } catch {
    // The directory has become read-only, or another process has removed the file. Neither needs a report.
  }
}

interface Found {
  readonly identity: FileIdentity;
  readonly isSocket: boolean;
}

function find(path: PathLike): Found | null {
  if (native.socketFiles !== undefined) {
    const inode = BigInt(native.socketFiles.identify(latin1(path)));
    return inode === 0n ? null : { identity: { device: 0n, inode, modified: 0n }, isSocket: true };
  }
  try {
    const stats = lstatSync(path, { bigint: true });
    // A new file may have the inode of one that was just removed, but not its time.
    const identity = { device: stats.dev, inode: stats.ino, modified: stats.mtimeNs };
    return { identity, isSocket: stats.isSocket() };
  } catch {
    return null;
  }
}

function isSame(a: FileIdentity | null, b: FileIdentity): boolean {
  return a?.device === b.device && a.inode === b.inode && a.modified === b.modified;
}

/** Returns true if no socket uses the file. Does not wait: a listener with a full queue is in use. */
function isUnused(path: string | Uint8Array, type: number): boolean {
  using probe = new Socket(AF_UNIX, type | SOCK_NONBLOCK);
  return probe.connectEx({ path }) === ECONNREFUSED && !isBound(path);
}

/** A line of `/proc/net/unix`: address, references, protocol, flags, type, state, inode, and the name that the socket was bound to. */
const SOCKET_LINE = /^\S+ \S+ \S+ (\w+) \w+ (\w+) +\d+ (.+)$/;

/**
 * Returns true if a socket is bound to the path that neither listens nor is connected. The kernel lists the name as it was given to
 * `bind`, so a relative one is found only by the same name.
 *
 * The other sockets with that name do not use the file: a listener would have accepted the probe, and connections keep the name of their
 * listener after it has closed.
 */
function isBound(path: string | Uint8Array): boolean {
  let table: string;
  try {
    table = readFileSync('/proc/net/unix', 'latin1');
  } catch {
    return false;
  }
  const name = latin1(path);
  const names = [name, resolve(latin1(process.cwd()), name)];
  return table.split('\n').some((line) => {
    const [, flags, state, bound] = SOCKET_LINE.exec(line) ?? [];
    return flags === '00000000' && state === '01' && names.includes(bound!);
  });
}

/** Returns the bytes of a path as characters. */
function latin1(path: PathLike | Uint8Array): string {
  return Buffer.from(path as string).toString('latin1');
}

let asideCount = 0;

belongsToKernel(() => {
  const outer = asideCount;
  asideCount = 0;
  return () => (asideCount = outer);
});

/**
 * Renames the socket file at the path, if `mayRemove`, and returns the new name; null if it stays.
 *
 * Between the check and the rename another process may have replaced the file by a socket in use. An `unlink` could not be undone, but
 * the renamed file can be compared, and put back.
 */
function setAside(path: string | Buffer, mayRemove: () => boolean): string | Buffer | null {
  const found = find(path);
  if (found?.isSocket !== true || !mayRemove()) return null;
  const suffix = `.${process.pid}-${(asideCount += 1)}`;
  const aside = typeof path === 'string' ? path + suffix : Buffer.concat([path, Buffer.from(suffix)]);
  try {
    renameSync(path, aside);
  } catch {
    return null; // this process may not remove it, or another one has: the error of bind stands
  }
  if (isSame(identityOf(aside), found.identity)) return aside;
  putBack(aside, path);
  return null;
}

function bindInPlaceOf(aside: string | Buffer, path: string | Buffer, bind: () => void): void {
  try {
    bind();
  } catch (error) {
    putBack(aside, path);
    throw error;
  }
  unlinkSync(aside);
}

/** Gives the file its name back, unless there is another file by now. */
function putBack(aside: string | Buffer, path: string | Buffer): void {
  try {
    linkSync(aside, path); // unlike a rename, it never replaces a file
    unlinkSync(aside);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (taken) unlinkSync(aside);
    else renameSync(aside, path); // the file system has no links, or this user may not make one
  }
}

/** Linux has this value on every architecture that Node supports; Node does not name it. */
const O_PATH = 0o10000000;

/** Adds the permissions that the umask has removed. Does not follow a symbolic link that another user has put in place of the file. */
function setMode(path: string | Buffer, mode: number): void {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(fd);
    if (stats.isSocket() && (stats.mode & 0o777) !== mode) chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}
