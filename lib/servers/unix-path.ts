/**
 * The files of UNIX sockets.
 *
 * Binding one makes a file, and nothing removes it when the socket is closed: the next server on the path would be told that it
 * is in use. So the file is removed with the server, and one that a server left behind that could not (it was killed) is removed
 * by the next.
 */

import { lstatSync, unlinkSync } from 'node:fs';

/** What tells one file from another that has its name later. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Names of the abstract namespace, and sockets without a name, have no file. */
export const hasFile = (path: string): boolean => path !== '' && !path.startsWith('\0');

/** Removes the socket that a former server has left at the path. Anything but a socket is left alone, and so is a path that cannot be looked at: bind will say what is wrong. */
export function removeStaleSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // It is not there, or not ours to remove.
  }
}

/** Which file is at the path; null if there is none. */
export function identityOf(path: string): FileIdentity | null {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return { device: dev, inode: ino };
  } catch {
    return null;
  }
}

/** Removes the file, unless it is another one by now: of a server that has taken the path over. */
export function removeOwnSocket(path: string, own: FileIdentity): void {
  const present = identityOf(path);
  if (present?.device !== own.device || present.inode !== own.inode) return;
  try {
    unlinkSync(path);
  } catch {
    // The directory has become read-only, or somebody was faster: either way there is nobody to tell.
  }
}
