/** Sends for a task in the loop's batch, together with other tasks: see lib/batch. */

import { OSError } from '../errors/index.js';
import type { BatchedSender } from '../loop/io-batch.js';
import type { LoopCore } from '../loop/loop-core.js';
import { EAGAIN } from '../sockets/errno.js';
import type { Socket } from '../sockets/index.js';
import { Future, type Steps } from '../tasks/index.js';

/** The future that the task waits for: the number of bytes the kernel accepted, or -errno. Cancelling it does not retract the bytes. */
class BatchedSend extends Future<number> implements BatchedSender {
  readonly _needsResult = true;
  _deferred = 0;
  constructor(
    loop: LoopCore,
    /** @internal For traces. */
    readonly _owner: Socket,
  ) {
    super({ loop });
  }

  _mayDefer(): boolean {
    return true;
  }

  _keepRest(): void {
    // The task still has the buffer, so nothing needs to be kept.
  }

  _batchSent(result: number): void {
    if (!this.done()) this.setResult(result);
  }

  /** @internal For traces. */
  get _direction(): 'writer' {
    return 'writer';
  }

  /** @internal For traces. */
  get _syscall(): string {
    return 'send in a batch';
  }

  /** @internal Its name in call graphs and traces. */
  override _describeWait(): string {
    return 'its bytes to be sent in a batch';
  }
}

/**
 * Sends in the loop's batch, if it is open. Returns the number of bytes that the kernel accepted; 0 if there is no open batch or the
 * kernel accepted none.
 *
 * @throws OSError if the kernel refuses the bytes
 */
export function* sendInBatch(loop: LoopCore, socket: Socket, data: Uint8Array): Steps<number> {
  const { _batch: batch } = loop;
  if (batch === null || !batch.deferring || data.length === 0) return 0;
  const send = new BatchedSend(loop, socket);
  if (!batch.defer(send, socket.fileno(), data)) return 0;
  const result = yield* send;
  if (result < 0 && result !== EAGAIN) throw new OSError(result, 'send');
  return Math.max(result, 0);
}
