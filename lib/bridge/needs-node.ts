/** The check for features on Node streams. Those depend on `process.nextTick`, which never runs while a blocking loop does. */

import { LoopError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';

/** Throws a LoopError ERR_NEEDS_HOST if Node streams do not work in this loop. */
export function checkNodeRuns(loop: LoopCore, what: string): void {
  if (loop._isHosted()) return;
  throw new LoopError(
    'ERR_NEEDS_HOST',
    `${what} cannot work in a blocking loop, where Node's streams never move; use run() instead of runSync()`,
  );
}
