import type { LoopCore } from '../loop/loop-core.js';
import { Batch } from './io-batch.js';

/** Makes a loop receive and send in batches. */
export function useBatch(loop: LoopCore): void {
  loop._batch = new Batch(loop);
}
