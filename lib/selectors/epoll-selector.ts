/**
 * epoll(7): Linux 2.5.44 (2002), the selector that remembers.
 *
 * How it works: the set of watched files lives in the kernel, in an object with a descriptor of its own. `epoll_ctl` adds,
 * changes and removes entries. Every file has a list of whom to wake; an entry hooks into it once, and when the file becomes
 * ready the entry is put on a ready list. `epoll_wait` sleeps until that list has something, and returns what is on it.
 *
 * What that costs: O(ready) for a wait, whatever is watched: with 10,000 idle connections and one busy one, one entry is
 * looked at. The price is one system call for each change of interest, so registrations are kept and `modify`d, never made and
 * dropped around every read.
 *
 * Traps, all from one fact: an entry belongs to the *open file* and the number together, not to the number alone.
 * - Closing a descriptor removes its entry only if it was the last one for that open file. After `dup`, or with a child process
 *   that inherited it, the file lives on: epoll goes on reporting a number that is closed here, perhaps reused for another
 *   file, and `epoll_ctl(DEL)` answers EBADF or ENOENT, for the number no longer leads to the file. Nothing but closing the
 *   epoll descriptor gets rid of such an entry. Therefore: unregister first, close afterwards; the sockets of this library
 *   tell the loop before they close. Here, events for unregistered numbers are dropped, too.
 * - A closed number that is reused can be registered again while the selector still has the old key. The key table, not the
 *   kernel, refuses that.
 * - Regular files and directories are refused with EPERM: they are always ready, there is nothing to wait for.
 * - An error or hang-up is always reported, as in poll, and wakes whichever side is registered.
 * - It is level-triggered here: a file stays on the ready list while it is ready. Edge-triggered (EPOLLET) saves a few wake-ups
 *   and loses data for whoever does not read until EAGAIN; the loop's fairness would have to be built above it.
 * - The timeout of `epoll_wait` is in whole milliseconds; `epoll_pwait2` (Linux 5.11) takes nanoseconds and is used if present.
 */

import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

/** A selector on epoll(7). Best for many descriptors of which few are busy; the default on Linux. */
export class EpollSelector<D = unknown> extends NativeBackedSelector<D> {
  /** True if timeouts are exact to the nanosecond here; else they are rounded up to the next millisecond. */
  static readonly nanosecondTimeouts: boolean = native.hasEpollPwait2;

  /** False: a wait takes time for what is ready, and none for what is only registered. */
  override readonly scansAll = false;

  /** @throws OSError EMFILE when no descriptor is left for the epoll object */
  constructor() {
    super(new native.EpollSelector(), 'epoll_create1', { control: 'epoll_ctl', wait: 'epoll_wait' });
  }

  /** The epoll descriptor, itself readable when something registered is ready; -1 when closed. Borrowed: do not close it. */
  fileno(): number {
    const epoll = this.kernel.fileno();
    return epoll < 0 ? -1 : epoll;
  }
}
