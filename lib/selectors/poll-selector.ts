/**
 * poll(2), from System V (1986): select without the bit sets.
 *
 * How it works: the program passes an array of entries (descriptor, requested events, returned events). The kernel examines each entry,
 * sleeps if none is ready, and fills in the returned events. It leaves the other two fields alone, so the array is reused for each call.
 *
 * Cost: O(n) for n watched descriptors, whatever their numbers. Each wait copies the array in and out (8 bytes per entry) and polls
 * every file: with 10,000 idle connections and one busy one, 9,999 of these checks are wasted. There is no limit on the numbers, and
 * no kernel state between calls: no extra descriptor, and no system call to register.
 *
 * Traps:
 * - POLLERR, POLLHUP and POLLNVAL are reported whether or not they were requested, again at every call. A loop that only handles
 *   "readable" and "writable" would spin without calling any handler. Here they wake whichever side is registered, and its next read or
 *   write gets the end of file or the error.
 * - A closed descriptor does not fail the call; its entry gets POLLNVAL. It is reported as ready, so that its owner gets EBADF.
 * - poll takes whole milliseconds: rounded down, a timer due in 0.4 ms would make the loop spin. ppoll takes nanoseconds.
 */

import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

/** A selector on poll(2). Good for a few hundred descriptors, most of them busy. */
export class PollSelector<D = unknown> extends NativeBackedSelector<D> {
  constructor() {
    super(new native.PollSelector(), 'poll', { control: 'poll', wait: 'poll' });
  }
}
