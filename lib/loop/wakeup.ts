/**
 * Waking a loop that waits.
 *
 * An eventfd registered in the loop's selector: whoever writes to it, from any thread, ends the select. It is a counter, so a
 * thousand wake-ups before the loop looks cost one event, and it never fills up.
 */

import { checked } from '../errors/index.js';
import { adoptDescriptor, disownDescriptor } from '../native/adoption.js';
import { native } from '../native/binding.js';

/** One eventfd, owned. */
export class Wakeup {
  /** The descriptor; writing eight bytes (a native-endian 64-bit 1) to it wakes the loop. */
  readonly fd = checked(native.eventfd(), 'eventfd');

  constructor() {
    adoptDescriptor(this.fd);
  }

  /** Wakes the loop; callable from any thread that has the number. */
  notify(): void {
    native.notify(this.fd);
  }

  /** Takes the wake-ups back. An arrow function: it is the loop's reader for the descriptor. */
  readonly drain = (): void => {
    native.drain(this.fd);
  };

  close(): void {
    disownDescriptor(this.fd);
    native.close(this.fd);
  }
}
