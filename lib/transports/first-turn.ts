/** When a new connection begins to receive. */

import type { LoopCore } from '../loop/loop-core.js';

/**
 * The code that awaits the connection resumes in the next iteration, one later for each task in between. This many cover a task around
 * `createConnection` and another one around that.
 */
const ITERATIONS = 4;

/**
 * Calls `begin` when the code that awaits a connection has had its turn: it may call `setProtocol` or `toDuplex`, and what a peer
 * sends first must not go to the protocol that is replaced.
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
