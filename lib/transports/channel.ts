/** What a stream transport needs of a descriptor: little enough for a pipe to have it as well as a socket. */

/** A non-blocking descriptor with its owner. Results are counts, or -errno; nothing waits and nothing throws for the kernel. */
export interface ByteChannel {
  /** The descriptor; -1 once it is closed. */
  fileno(): number;
  /** At most `n` bytes in a buffer of their own; an empty one is the end. */
  recvEx(n: number): Buffer | number;
  /** As `recvEx`, into the caller's buffer; 0 is the end. */
  recvIntoEx(buffer: Uint8Array, offset: number, length: number): number;
  /** Sends bytes; how many were taken. */
  sendEx(data: Uint8Array, offset: number, length: number): number;
  /** Sends several buffers, as many as the kernel takes at once. */
  sendMsgEx(buffers: readonly Uint8Array[]): number;
  close(): void;
}
