/**
 * What a message costs its sender until it is received. A buffer's size limits the memory that the kernel uses, its bookkeeping and the
 * rounding of its allocator included. So a default buffer of 208 KiB holds only 277 messages of one byte.
 */

/** The size of `struct sk_buff`, and that of `struct skb_shared_info`, which lies behind the bytes. */
const HEADER = 256;
const TRAILER = 320;
const SMALLEST_BLOCK = 512;
const PAGE_SIZE = 4096;
/** The most bytes in the linear part of a stream's message, and of a datagram. */
const LINEAR_IN_STREAM = PAGE_SIZE - TRAILER;
const LINEAR_IN_DATAGRAM = 4 * PAGE_SIZE - TRAILER;
/** A stream's message has at most so many bytes in whole pages besides. */
const PAGED_IN_STREAM = 8 * PAGE_SIZE;

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

/** The allocator has blocks of powers of two. */
function block(bytes: number): number {
  let size = SMALLEST_BLOCK;
  while (size < bytes) size *= 2;
  return size;
}

function cost(length: number, linear: number): number {
  const paged = Math.min(length, pages(Math.max(0, length - linear)));
  return HEADER + block(length - paged + TRAILER) + pages(paged);
}

/** The memory of a message of a UNIX stream. */
export const streamCost = (length: number): number => cost(length, LINEAR_IN_STREAM);

/** The memory of a datagram. */
export const datagramCost = (length: number): number => cost(length, LINEAR_IN_DATAGRAM);

/** The most bytes of a stream's message, for a send buffer of a size. */
export const longestInStream = (sendBuffer: number): number =>
  Math.min((sendBuffer >> 1) - 64, 4 * PAGE_SIZE - TRAILER + PAGED_IN_STREAM);
