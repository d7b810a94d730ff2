/** Node's streams move by `process.nextTick`, which runs between the iterations of a hosted loop and never in a blocking one. */

import { LoopError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';

/** LoopError ERR_NEEDS_HOST unless the loop is one in which Node's streams work. */
export function checkNodeRuns(loop: LoopCore, what: string): void {
  if (loop._isHosted()) return;
  throw new LoopError(
    'ERR_NEEDS_HOST',
    `${what} cannot work in a blocking loop, where Node's streams never move; use run() instead of runSync()`,
  );
}
