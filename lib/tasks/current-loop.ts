/** The loop that the running code belongs to. */

import type { LoopCore } from '../loop/loop-core.js';
import { runningLoop, runningLoopOrNull } from '../loop/running-loop.js';
import { runningTask } from './task-context.js';

/**
 * Returns the running loop; between two runs, the loop of the running task. LoopError ERR_NO_RUNNING_LOOP if there is neither.
 *
 * An async function that was woken in the last iteration of a run resumes in a microtask after it, when no loop is running. Its next
 * operation belongs to its own loop, which will run once more to cancel it.
 */
export function currentLoop(): LoopCore {
  return runningLoopOrNull() ?? runningTask()?._loop ?? runningLoop();
}
