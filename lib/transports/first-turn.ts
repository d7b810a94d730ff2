/** Delays the first receive of a new connection until the code that awaits the connection has run. */

import type { LoopCore } from '../loop/loop-core.js';

/**
 * The code that awaits the connection resumes in the next iteration, and one iteration later for each task in between. Four cover a
 * task around `createConnection` and another task around that.
 */
const ITERATIONS = 4;

/**
 * Calls `begin` when the code that awaits a connection has run. That code may call `setProtocol` or `toDuplex`, and the peer's first
 * bytes must not go to a protocol that is about to be replaced.
 */
export function afterFirstTurn(loop: LoopCore, begin: () => void): void {
  let left = ITERATIONS;
  const next = (): void => {
    left -= 1;
    if (left === 0) begin();
    else loop.callSoon(next);
  };
  loop.callSoon(next);
}
