/**
 * Fairness between tasks.
 *
 * Operations try their system call first and wait only if it would block. A task whose peer sends fast enough would therefore never
 * wait, and would starve timers, signals and all other connections. So the operations of the running handle are counted, and one that
 * exceeds the limit yields to the loop first. (It yields before its system call, because a cancellation that arrives at the yield must
 * not lose received bytes.)
 */

import type { LoopCore } from '../loop/loop-core.js';

/** Enough operations to make the cost of a yield negligible, and few enough that 64 KiB transfers take only some milliseconds. */
const OPERATIONS_PER_TURN = 256;

/** Counts one operation. Returns true if the task should `yield` to the loop before it continues. */
export function turnIsOver(loop: LoopCore): boolean {
  loop._operationsInTurn += 1;
  return loop._operationsInTurn > OPERATIONS_PER_TURN;
}
