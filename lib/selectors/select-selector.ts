/**
 * select(2), from 4.2BSD (1983): the oldest of the three.
 *
 * How it works: the program passes three bit sets, "readable", "writable" and "exceptional", with one bit for each descriptor number.
 * The kernel examines every descriptor whose bit is set, sleeps if none is ready, and overwrites the sets with the result. So each call
 * copies the sets in and out, and both sides scan them from 0 to the highest number.
 *
 * Cost: O(highest descriptor) for every wait, however few descriptors are watched or ready. One idle connection with the number 5000
 * makes each wait scan 5000 bits three times. Below a hundred descriptors, select is as fast as the other mechanisms.
 *
 * Traps:
 * - `fd_set` has FD_SETSIZE = 1024 bits, and `FD_SET(1024, &set)` writes past its end, corrupting memory without an error. The kernel
 *   has no such limit, so the addon passes sets as large as the highest descriptor needs.
 * - A single closed descriptor makes the whole call fail with EBADF, without saying which one. The addon then searches for it and
 *   reports it as ready, so that its owner gets the EBADF. With poll and epoll this is not necessary.
 * - The call overwrites the sets, so they are kept twice: the requested ones and the result.
 * - A pending error or a hang-up counts as "readable" and "writable"; there are no separate bits for them.
 */

import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

/** A selector on select(2). Works everywhere; best for few descriptors, and for learning how it all began. */
export class SelectSelector<D = unknown> extends NativeBackedSelector<D> {
  constructor() {
    super(new native.SelectSelector(), 'select', { control: 'select', wait: 'select' });
  }
}
