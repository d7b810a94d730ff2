/**
 * poll(2): from System V (1986), select without the bit sets.
 *
 * How it works: the program passes an array of (descriptor, events wanted, events found). The kernel looks at each entry,
 * sleeps if none is ready, and fills in the third column. The first two are left alone, so the array is kept from call to call.
 *
 * What that costs: O(n) for n watched descriptors, whatever their numbers. Each wait copies the array in and out (8 bytes an
 * entry) and asks every file, ready or not: with 10,000 idle connections and one busy one, 9,999 questions are asked in vain.
 * No number is too high, and nothing is kept in the kernel between calls: no descriptor, no system call to register.
 *
 * Traps:
 * - POLLERR, POLLHUP and POLLNVAL are reported whether asked for or not, and go on being reported. A loop that only knows
 *   "readable" and "writable" must turn them into what was asked for, or it spins without ever calling anyone: here they
 *   wake whichever side is registered, whose next read or write then meets the end or the error.
 * - A closed descriptor is not an error but an entry with POLLNVAL. It is reported as ready, so that its owner meets EBADF.
 * - The timeout of poll is in whole milliseconds: rounded down, a timer due in 0.4 ms would spin. ppoll takes nanoseconds.
 */

import { native } from '../native/binding.js';
import { NativeBackedSelector } from './native-backed-selector.js';

/** A selector on poll(2). Good for some hundreds of descriptors, most of them busy. */
export class PollSelector<D = unknown> extends NativeBackedSelector<D> {
  constructor() {
    super(new native.PollSelector(), 'poll', { control: 'poll', wait: 'poll' });
  }
}
