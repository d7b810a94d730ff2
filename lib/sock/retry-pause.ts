/** Pauses for what the kernel has no event for. */

import { sleep } from '../combinators/index.js';
import type { Steps } from '../tasks/index.js';

const FIRST_MS = 1;
const LONGEST_MS = 50;

/**
 * Growing pauses between the tries of one operation.
 *
 * Two calls on UNIX sockets answer EAGAIN while `poll` calls the socket writable all the time, because what is full is a queue
 * of the *other* socket: connecting to a listener whose backlog is full, and `sendto` to a datagram socket that does not read.
 * Waiting for readiness would spin at full CPU.
 */
export class RetryPause {
  private nextMs = FIRST_MS;

  /** Sleeps: 1 ms the first time, then twice as long each time, at most 50 ms. */
  *wait(): Steps<void> {
    yield* sleep(this.nextMs);
    this.nextMs = Math.min(this.nextMs * 2, LONGEST_MS);
  }
}
