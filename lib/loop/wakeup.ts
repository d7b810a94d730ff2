/**
 * Waking a loop that sleeps in its poll.
 *
 * An eventfd is registered with the loop's selector, so writing to it, from any thread, makes the poll return. It is a counter: a thousand
 * wake-ups before the next poll cost one event, and it never fills up.
 */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import type { Selector } from '../selectors/index.js';
import type { Descriptor, DescriptorRegistry } from './descriptor-registry.js';

/** An eventfd that the loop owns. */
export class Wakeup {
  /** The descriptor; writing eight bytes (a native-endian 64-bit 1) to it wakes the loop. */
  readonly fd = checked(native.eventfd(), 'eventfd');

  /** Wakes the loop; callable from any thread that has the number. */
  notify(): void {
    native.notify(this.fd);
  }

  /** Resets the counter. An arrow function, because it is the loop's reader for the descriptor. */
  readonly drain = (): void => {
    native.drain(this.fd);
  };

  close(): void {
    native.close(this.fd);
  }
}

/** Opens the loop's wake-up descriptor. If that fails (EMFILE), also closes the selector, so that the failed loop leaves nothing open. */
export function openWakeup(selector: Selector<Descriptor>, descriptors: DescriptorRegistry): Wakeup {
  let wake: Wakeup | null = null;
  try {
    wake = new Wakeup();
    descriptors.addInternal(wake.fd, wake.drain, 'wake-up');
    return wake;
  } catch (error) {
    selector.close();
    wake?.close();
    throw error;
  }
}
