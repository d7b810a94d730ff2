/**
 * The buffer that all receives of a thread go through.
 *
 * How much will arrive is known only after the call, and a large buffer for each call, or each connection, costs memory and
 * cache (at 1,000 connections more than the system call itself). So one large buffer takes what comes and the bytes are
 * copied out at their exact size. Nothing else runs between the system call and the copy, so one for the thread is enough.
 */

/** 256 KiB: more than a receive usually returns, and it still fits a second-level cache. */
const size = 256 * 1024;

let shared: Buffer | undefined;

/**
 * A buffer of at least `length` bytes for one receive, or the shared one where a short receive will do.
 *
 * @param exact the call must be able to return `length` bytes at once: a datagram, whose rest would be lost, or MSG_WAITALL
 * @internal
 */
export function receiveBuffer(length: number, exact: boolean): Buffer {
  if (exact && length > size) return Buffer.allocUnsafeSlow(length);
  return (shared ??= Buffer.allocUnsafeSlow(size));
}

/** A copy of the first `length` bytes. @internal */
export function copyOut(from: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  from.copy(copy, 0, 0, length);
  return copy;
}
