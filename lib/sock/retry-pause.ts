/** Pauses between retries, for conditions that the kernel reports no event for. */

import { sleep } from '../combinators/index.js';
import type { Steps } from '../tasks/index.js';

const FIRST_MS = 1;
const LONGEST_MS = 50;

/**
 * Growing pauses between the retries of one operation.
 *
 * Two calls on UNIX sockets fail with EAGAIN although `poll` reports the socket as writable, because the full queue belongs to the *other*
 * socket: `connect` to a listener with a full backlog, and `sendto` to a datagram socket that is not read. Waiting for readiness would
 * spin at full CPU.
 */
export class RetryPause {
  private nextMs = FIRST_MS;

  /** Sleeps: 1 ms the first time, then twice as long each time, at most 50 ms. */
  *wait(): Steps<void> {
    yield* sleep(this.nextMs);
    this.nextMs = Math.min(this.nextMs * 2, LONGEST_MS);
  }
}
