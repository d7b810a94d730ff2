/**
 * The buffers for all receives of a thread.
 *
 * The size of a receive is known only after the call, and a large buffer for each call or each connection would cost memory and cache:
 * at 1,000 connections more than the system call itself. So receives share one large buffer, and the bytes are copied out at their
 * exact size. No other code runs between the system call and the copy, so one buffer per thread is enough. A buffer that is at least
 * half full is handed to the caller instead, and the next receive allocates a new one.
 *
 * Small messages, of which a server may get a hundred thousand a second, are received into a slab, one after the other, and handed out
 * as views of it. This saves the copy and one object per message. A message that is kept also keeps its slab alive, so slabs are small;
 * Node's own buffer pool works the same way.
 */

import { Buffer, markAsUntransferable } from '../platform/bytes.js';
import { belongsToKernel } from '../platform/kernel-state.js';

/** 64 KiB: more than a receive usually returns, and it fits a second-level cache. */
const size = 64 * 1024;

let shared: Buffer | undefined;

const SLAB_BYTES = 32 * 1024;
/** The largest size of a small message. */
export const SMALL_BYTES = 4096;

let slab = Buffer.alloc(0);
let used = 0;

belongsToKernel(() => {
  const outer = [shared, slab, used] as const;
  [shared, slab, used] = [undefined, Buffer.alloc(0), 0];
  return () => ([shared, slab, used] = outer);
});

/** Returns the slab, with room for at least `SMALL_BYTES` from {@link slabPosition} on. @internal */
export function slabWithRoom(): Buffer {
  if (slab.length - used < SMALL_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    markAsUntransferable(slab.buffer); // transferring one message to a worker must not take all others with it
    used = 0;
  }
  return slab;
}

/** Returns the offset of the free space in the slab. @internal */
export function slabPosition(): number {
  return used;
}

/** Returns the `length` bytes that were received at that offset, and marks them as used. @internal */
export function takeFromSlab(length: number): Buffer {
  const start = used;
  used += length;
  return slab.subarray(start, used);
}

/** Returns the shared buffer, for a receive that may return fewer bytes than requested. @internal */
export function receiveBuffer(): Buffer {
  return (shared ??= Buffer.allocUnsafeSlow(size));
}

/**
 * Returns a buffer of at least `length` bytes, for a receive that must be able to return all of them: a datagram, which would be
 * truncated otherwise, or MSG_WAITALL.
 *
 * @internal
 */
export function wholeBuffer(length: number): Buffer {
  return length > size ? Buffer.allocUnsafeSlow(length) : receiveBuffer();
}

/**
 * Returns the first `length` bytes, received into a buffer from {@link receiveBuffer} or {@link wholeBuffer}, for the caller to keep:
 * the buffer itself if it is at least half full, otherwise a copy of the exact size.
 *
 * @internal
 */
export function takeReceived(buffer: Buffer, length: number): Buffer {
  if (length < buffer.length / 2) {
    const copy = Buffer.allocUnsafe(length);
    buffer.copy(copy, 0, 0, length);
    return copy;
  }
  if (buffer === shared) shared = undefined;
  return length === buffer.length ? buffer : buffer.subarray(0, length);
}
