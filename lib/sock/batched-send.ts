/** A send of a task that leaves together with those of others: see lib/batch. */

import { OSError } from '../errors/index.js';
import type { BatchedSender } from '../loop/io-batch.js';
import type { LoopCore } from '../loop/loop-core.js';
import { EAGAIN } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Future, type Steps } from '../tasks/index.js';

/** What the task waits for: how many bytes the kernel took, or -errno. Cancelling it does not take the bytes back. */
class BatchedSend extends Future<number> implements BatchedSender {
  readonly _waits = true;
  _deferred = 0;

  _mayDefer(): boolean {
    return true;
  }

  _keepRest(): void {
    // The task has the buffer.
  }

  _batchSent(result: number): void {
    if (!this.done()) this.setResult(result);
  }

  /** @internal */
  override _describeWait(): string {
    return 'its bytes to be sent in a batch';
  }
}

/**
 * Sends in the batch of the loop, if it has one that is open. Returns how many bytes were taken; 0 if none, or if there is no batch.
 *
 * OSError if the kernel refuses them.
 */
export function* sendInBatch(loop: LoopCore, socket: Socket, data: Uint8Array): Steps<number> {
  const { _batch: batch } = loop;
  if (batch === null || loop._beforeSleep === null || data.length === 0) return 0;
  const send = new BatchedSend({ loop });
  if (!batch.defer(send, socket.fileno(), data)) return 0;
  const result = yield* send;
  if (result < 0 && result !== EAGAIN) throw new OSError(result, 'send');
  return Math.max(result, 0);
}
