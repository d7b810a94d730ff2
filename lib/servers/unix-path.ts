/**
 * Removes the files of UNIX sockets.
 *
 * Binding a UNIX socket makes a file, and closing the socket does not remove it: the next bind to the path would fail with EADDRINUSE.
 * So a server removes its file when it closes, and a new server removes the stale file of one that was killed.
 */

import { type PathLike, lstatSync, unlinkSync } from 'node:fs';

/** Identifies a file, even if another file later has its name. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Removes a stale socket at the path. Other files stay, and so does a path that cannot be inspected: bind reports the problem. */
export function removeStaleSocket(path: PathLike): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // The file does not exist, or this process may not remove it.
  }
}

/** Returns the identity of the file at the path; null if there is none. */
export function identityOf(path: PathLike): FileIdentity | null {
  try {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return { device: dev, inode: ino };
  } catch {
    return null;
  }
}

/** Removes the file, unless another server has replaced it since. */
export function removeOwnSocket(path: PathLike, own: FileIdentity): void {
  const present = identityOf(path);
  if (present?.device !== own.device || present.inode !== own.inode) return;
  try {
    unlinkSync(path);
  } catch {
    // The directory has become read-only, or another process has removed the file. Neither needs a report.
  }
}
