/**
 * Turns.
 *
 * Operations try their system call first and wait only if it would block, so a task whose peer sends as fast as it can never
 * waits, and would keep the loop, with its timers, signals and all other connections, from running. So every operation counts
 * towards the turn of the handle that runs, and one that finds the turn over gives way first. (Before its system call: a
 * cancellation that arrives meanwhile must not lose bytes that were received already.)
 */

import type { LoopCore } from '../loop/loop-core.js';

/** Operations in one turn: enough to cost nothing, and few enough for 64 KiB transfers to end within some milliseconds. */
const OPERATIONS_PER_TURN = 256;

/** Counts one operation. True if the task has had its turn: it should `yield` before it goes on. */
export function turnIsOver(loop: LoopCore): boolean {
  loop._operationsInTurn += 1;
  return loop._operationsInTurn > OPERATIONS_PER_TURN;
}
