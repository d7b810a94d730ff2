/**
 * Receiving from many sockets in one call of the addon.
 *
 * It costs as many system calls as one after the other would, but no JavaScript runs between them. A system call leaves little of
 * what the caches and the TLB held before (with page-table isolation nothing at all of the TLB), so that the same JavaScript, run
 * for one message after each call, takes two to three times as long as run for a hundred messages after a hundred calls.
 */

import { native } from '../native/binding.js';
import type { ByteSocket } from './byte-socket.js';
import { SMALL_BYTES, slabPosition, slabWithRoom, takeFromSlab } from './receive-buffer.js';

/** The most sockets in one call. @internal */
export const MOST_SOCKETS = 128;

/** Descriptors on the way in, results on the way out. */
const numbers = new Int32Array(MOST_SOCKETS);

/** What `recvEx` would have returned: a buffer, or -errno. @internal */
export type Received = Buffer | number;

/**
 * Receives once from each of the first `count` sockets, into the slab; from fewer if that is full. Where a large message is expected
 * `recvEx` does better, see {@link ByteSocket._expectsSmall}.
 *
 * @param sockets at most `MOST_SOCKETS`
 * @param give called with what was received, for each socket that was tried
 * @internal
 */
export function receiveEach(
  sockets: ReadonlyArray<ByteSocket | null>,
  count: number,
  give: (index: number, received: Received) => void,
): void {
  for (let i = 0; i < count; i += 1) numbers[i] = sockets[i]!.fileno();
  const slab = slabWithRoom();
  const start = slabPosition();
  const room = slab.length - start;
  const tried = native.recvEach(numbers, count, slab, start, room, SMALL_BYTES);
  for (let i = 0, left = room; i < tried; i += 1) {
    const got = numbers[i]!;
    sockets[i]!._hasReceived(got, left);
    give(i, got < 0 ? got : takeFromSlab(got));
    if (got > 0) left -= got;
  }
}
