/** What a descriptor refers to: an open file description, in the words of POSIX. */

import { EINVAL } from './errno.js';

/** Is notified when the state of a file may have changed: an entry of an epoll. */
export interface Watch {
  /** The file may have become ready. */
  fileChanged(): void;
  /** The last reference to the file is gone. */
  fileReleased(): void;
}

/**
 * An open file. `dup` and descriptor passing make more references to the same one.
 *
 * Invariant: `poll` is a pure function of the file's state, and code that changes the state so that a bit of `poll` may be added
 * calls `changed` afterwards. A missing call is a lost wake-up: the file is ready, and no epoll knows.
 */
export abstract class OpenFile {
  /** O_NONBLOCK. It belongs to the file, so duplicates share it. */
  nonBlocking = false;
  /** The descriptors and messages in flight that refer to this file. */
  references = 0;
  readonly watches = new Set<Watch>();

  /** The state: a set of POLLIN, POLLOUT, POLLERR and POLLHUP. */
  abstract poll(): number;

  /** Runs when the last reference is gone. */
  protected abstract release(): void;

  /** False for files that are always ready, which epoll refuses with EPERM. */
  get canBeWatched(): boolean {
    return true;
  }

  /** False for files that know no vectors: `writev` makes one write for each buffer. */
  get takesVectors(): boolean {
    return true;
  }

  /** False for the read end of a pipe. */
  get mayWrite(): boolean {
    return true;
  }

  /** read(2). The number of bytes, or -errno; -EAGAIN if it would have to wait. */
  read(_into: Uint8Array): number {
    return -EINVAL;
  }

  /** write(2). The number of bytes that were taken, or -errno; -EAGAIN if none can be taken now. */
  write(_bytes: Uint8Array): number {
    return -EINVAL;
  }

  /** Checks the invariants of the file's own state. */
  check(): void {
    // Files without invariants of their own.
  }

  /** Notifies the watches. */
  changed(): void {
    for (const watch of this.watches) watch.fileChanged();
  }

  /** Adds a reference. */
  acquire(): void {
    this.references += 1;
  }

  /** Drops a reference. */
  drop(): void {
    this.references -= 1;
    if (this.references > 0) return;
    // Before the release, because an epoll must not report a file that nothing refers to.
    for (const watch of this.watches) watch.fileReleased();
    this.watches.clear();
    this.release();
  }
}
