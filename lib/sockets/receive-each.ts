/** Receives from many sockets in one call of the addon; lib/batch explains the gain. */

import { native } from '../native/binding.js';
import type { Socket } from './socket.js';
import { SMALL_BYTES, slabPosition, slabWithRoom, takeFromSlab } from './receive-buffer.js';

/** The largest number of sockets in one call. @internal */
export const MOST_SOCKETS = 128;

/** Descriptors before the call, results after it. */
const numbers = new Int32Array(MOST_SOCKETS);

/** A result as that of `recvEx`: a buffer, or -errno. @internal */
export type Received = Buffer | number;

/**
 * Receives once from each socket into the slab; stops early if the slab is full. For sockets on which a large message is expected,
 * `recvEx` is better; see {@link Socket._expectsSmall}.
 *
 * @param sockets at most `MOST_SOCKETS`
 * @param give called with the result for each socket that was tried
 * @internal
 */
export function receiveEach(sockets: readonly Socket[], give: (socket: Socket, received: Received) => void): void {
  for (const [i, socket] of sockets.entries()) numbers[i] = socket.fileno();
  const slab = slabWithRoom();
  const start = slabPosition();
  const room = slab.length - start;
  const tried = native.recvEach(numbers, sockets.length, slab, start, room, SMALL_BYTES);
  for (let i = 0, left = room; i < tried; i += 1) {
    const socket = sockets[i]!;
    const got = numbers[i]!;
    socket._noteReceived(got, left);
    give(socket, got < 0 ? got : takeFromSlab(got));
    if (got > 0) left -= got;
  }
}
