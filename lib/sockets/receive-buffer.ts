/**
 * The buffers that all receives of a thread go through.
 *
 * How much will arrive is known only after the call, and a large buffer for each call, or each connection, costs memory and
 * cache (at 1,000 connections more than the system call itself). So one large buffer takes what comes and the bytes are
 * copied out at their exact size. Nothing else runs between the system call and the copy, so one for the thread is enough. One
 * that was filled at least by half is given away instead, and the next receive gets a new one.
 *
 * Small messages, of which a server may get a hundred thousand a second, are received straight into a slab instead, one behind the
 * other, and handed out as views of it: no copy, and one object less for each. A message that is kept keeps its slab, so slabs are
 * small; Node's own pool does the same.
 */

import { Buffer } from 'node:buffer'; // the global one is a getter, which costs as much as the rest of a small receive
import { markAsUntransferable } from 'node:worker_threads';

/** 64 KiB: more than a receive usually returns, and it fits a second-level cache. */
const size = 64 * 1024;

let shared: Buffer | undefined;

const SLAB_BYTES = 32 * 1024;
/** More than this is no small message. */
export const SMALL_BYTES = 4096;

let slab = Buffer.alloc(0);
let used = 0;

/** Where small receives go: {@link slabPosition} tells from where on. There is room for at least `SMALL_BYTES`. @internal */
export function slabWithRoom(): Buffer {
  if (slab.length - used < SMALL_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    markAsUntransferable(slab.buffer); // who moves his message to a worker must not take everybody's with it
    used = 0;
  }
  return slab;
}

/** Where the room in the slab begins. @internal */
export function slabPosition(): number {
  return used;
}

/** The bytes that were received there: nobody else gets them. @internal */
export function takeFromSlab(length: number): Buffer {
  const start = used;
  used += length;
  return slab.subarray(start, used);
}

/** The shared buffer: for a receive that may be shorter than what was asked for. @internal */
export function receiveBuffer(): Buffer {
  return (shared ??= Buffer.allocUnsafeSlow(size));
}

/**
 * A buffer of at least `length` bytes, for a receive that must be able to return them all: a datagram, whose rest would be lost, or
 * MSG_WAITALL.
 *
 * @internal
 */
export function wholeBuffer(length: number): Buffer {
  return length > size ? Buffer.allocUnsafeSlow(length) : receiveBuffer();
}

/**
 * What was received into a buffer of {@link receiveBuffer} or {@link wholeBuffer}, the first `length` bytes, for the caller to keep: the buffer itself if
 * that is at least half full, and a copy of the exact size otherwise.
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
