/** The loop that code belongs to. */

import type { LoopCore } from '../loop/loop-core.js';
import { runningLoop, runningLoopOrNull } from '../loop/running-loop.js';
import { runningTask } from './task-context.js';

/**
 * The running loop; between two runs, the loop of the task that asks. LoopError ERR_NO_RUNNING_LOOP when there is neither.
 *
 * An async function that was woken in the last iteration of a run goes on in a microtask after it, when no loop runs: its next
 * operation belongs to its own loop, which will run once more to cancel it.
 */
export function currentLoop(): LoopCore {
  return runningLoopOrNull() ?? runningTask()?._loop ?? runningLoop();
}
