/**
 * select(2): the oldest of the three, from 4.2BSD (1983).
 *
 * How it works: the program passes three sets of bits, one bit for each descriptor number, for "readable", "writable" and
 * "exceptional". The kernel looks at every descriptor whose bit is set, sleeps if none is ready, and overwrites the sets with
 * the answer. So each call copies the sets in and out, and both sides scan them from 0 to the highest number.
 *
 * What that costs: O(highest descriptor) for every wait, however few are watched or ready. One idle connection whose number
 * is 5000 makes each wait scan 5000 bits three times. Below a hundred descriptors it is as fast as anything.
 *
 * Traps:
 * - `fd_set` has FD_SETSIZE = 1024 bits, and `FD_SET(1024, &set)` writes past its end: memory corruption, not an error. The
 *   kernel itself has no such limit, so ours passes it sets as large as the highest descriptor needs.
 * - One descriptor that was closed makes the whole call fail with EBADF, without saying which one. It is then looked for and
 *   reported as ready, so that its owner meets the EBADF (poll and epoll need nothing of the kind).
 * - The sets come back overwritten, so they are kept twice: what is wanted and what is ready.
 * - A pending error or a hang-up is "readable" and "writable" here; there are no separate bits for them.
 */

import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

/** A selector on select(2). Works everywhere; best for few descriptors, and to see how it all began. */
export class SelectSelector<D = unknown> extends NativeBackedSelector<D> {
  constructor() {
    super(new native.SelectSelector(), 'select', { control: 'select', wait: 'select' });
  }
}
