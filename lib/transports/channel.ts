/** The operations that a stream transport needs from a descriptor. Sockets and pipes both provide them. */

/** A non-blocking descriptor and its owner. System calls return a count or -errno; they neither block nor throw. */
export interface ByteChannel {
  /** Returns the descriptor; -1 once it is closed. */
  fileno(): number;
  /** Receives up to `n` bytes into a new buffer, which is empty at EOF. */
  recvEx(n: number): Buffer | number;
  /** Receives into the caller's buffer; 0 is EOF. */
  recvIntoEx(buffer: Uint8Array, offset: number, length: number): number;
  /** Sends bytes and returns how many the kernel accepted. */
  sendEx(data: Uint8Array, offset: number, length: number): number;
  /** Sends several buffers in one call and returns how many bytes the kernel accepted. */
  sendMsgEx(buffers: readonly Uint8Array[]): number;
  close(): void;
}
