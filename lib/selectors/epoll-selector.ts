/**
 * epoll(7), from Linux 2.5.44 (2002): the kernel remembers what is watched.
 *
 * How it works: the set of watched files lives in a kernel object that has its own descriptor. `epoll_ctl` adds, changes and removes
 * entries. Each entry hooks once into the wait queue of its file; when the file becomes ready, the kernel puts the entry on a ready
 * list. `epoll_wait` sleeps until that list is not empty, and returns its contents.
 *
 * Cost: a wait takes O(ready), however many files are watched: with 10,000 idle connections and one busy one, it examines a single
 * entry. The price is one system call for each change of interest, so registrations are kept and `modify`d instead of being added and
 * removed around every read.
 *
 * Traps. Most follow from one fact: an entry belongs to the *open file* together with the descriptor number, not to the number alone.
 * - Closing a descriptor removes its entry only if it was the last descriptor of that open file. After `dup`, or in a child process
 *   that inherited it, the file lives on: epoll keeps reporting the closed number, which may have been reused for another file, and
 *   `epoll_ctl(DEL)` fails with EBADF or ENOENT because the number no longer refers to that file. Only closing the epoll descriptor
 *   removes such an entry. So unregister first and close afterwards, as the sockets of this library do. In addition, events for
 *   unregistered numbers are dropped here.
 * - The kernel would accept a reused number while the selector still has the key of the old file. The key table refuses it.
 * - Regular files and directories are refused with EPERM: they are always ready, so there is nothing to wait for.
 * - Errors and hang-ups are always reported, as in poll, and wake whichever side is registered.
 * - This selector is level-triggered: a file stays on the ready list while it is ready. Edge-triggering (EPOLLET) would save a few
 *   wake-ups, but a reader that does not read until EAGAIN would hang, and the loop's fairness would have to be built on top.
 * - `epoll_wait` takes whole milliseconds. `epoll_pwait2` (Linux 5.11) takes nanoseconds and is used where it exists.
 */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

const EBADF = -(native.constants['EBADF'] ?? 9);

/** A selector on epoll(7). Best for many descriptors with few of them busy; the default on Linux. */
export class EpollSelector<D = unknown> extends NativeBackedSelector<D> {
  /** True if timeouts have a resolution of nanoseconds here; otherwise they are rounded up to the next millisecond. */
  static get nanosecondTimeouts(): boolean {
    return native.hasEpollPwait2;
  }

  /** False: a wait costs time only for ready descriptors, not for registered ones. */
  override readonly scansAll = false;

  /** @throws OSError EMFILE if no descriptor is left for the epoll object */
  constructor() {
    super(new native.EpollSelector(), 'epoll_create1', { control: 'epoll_ctl', wait: 'epoll_wait' });
  }

  /**
   * Returns a descriptor that is readable while any registered descriptor is ready, so that another selector can watch this one; -1 when
   * closed. The selector owns it: do not close it.
   *
   * @throws OSError EMFILE if no descriptor is left, on the first call
   */
  fileno(): number {
    const epoll = this.kernel.fileno();
    return epoll === EBADF ? -1 : checked(epoll, 'epoll_create1');
  }
}
