/**
 * The interface below a stream transport: one end of a socket, of a pipe, of a Node stream, or of a pair in memory. An end moves
 * bytes and reports events; it does not depend on protocols.
 */

import type { ConnectionLife } from './connection.js';
import type { StreamProtocol } from './contract.js';

/**
 * The events of an `End`. `_readable`, `_writable` and `_closed` are called only from the loop, in the context of the connection, so they
 * may call the protocol directly. `_failed` may come from anywhere, and therefore never calls the protocol directly. An `End` that learns
 * of its failure elsewhere, such as in an event of Node's, calls `ConnectionLife.loseSoon`.
 */
export interface EndEvents {
  /** @internal Bytes, EOF or an error can be received. Level-triggered: called after every poll while that is so. */
  _readable(): void;
  /** @internal There may be room to send, or bytes that `send` accepted have left. */
  _writable(): void;
  /** @internal The end has failed. */
  _failed(error: unknown, during: 'read' | 'write'): void;
  /** @internal The end has closed by itself, or has completed what `finish` started. */
  _closed(error: unknown): void;
  /** @internal The loop is closing, and the end with it. */
  _loopCloses(): void;
  toString(): string;
}

/** One end of a stream. Its methods never block; counts are bytes, or `-errno`. */
export interface End {
  /** The system calls that error messages name. */
  readonly receives: string;
  readonly sends: string;
  /** The number of bytes that `send` accepted and that have not left; 0 for a descriptor. */
  readonly unsent: number;
  /** The number of bytes that the next receive will probably return; -1 if unknown. */
  readonly sizeHint: number;
  /** Starts reporting to `transport`. `life` has the context of the connection, and its watermarks. */
  attach(transport: EndEvents & object, life: ConnectionLife<StreamProtocol>): void;
  /**
   * Returns true if the next receive needs no system call: bytes are left from the last one, or the batch has received ahead. No event
   * announces these.
   */
  hasMore(): boolean;
  /** Returns up to `n` bytes, which the caller may keep; an empty buffer at EOF; -EAGAIN if nothing has arrived. */
  receive(n: number): Buffer | number;
  /** Receives into the caller's buffer; otherwise as `receive`. */
  receiveInto(buffer: Uint8Array): number;
  /** Sends the bytes or a part of them, and returns how many. The caller may reuse the buffer afterwards. */
  send(data: Uint8Array): number;
  /** Sends several buffers, none of them empty. */
  sendAll(list: readonly Uint8Array[]): number;
  /** Starts or stops `_readable` events. OSError if the selector refuses. */
  watchReadable(wanted: boolean): void;
  /** Starts or stops `_writable` events; started when `send` did not accept everything. */
  watchWritable(wanted: boolean): void;
  /** Half-closes the stream after all sent bytes. */
  shutdown(): void;
  /** Receives nothing more, because the connection is closing. `addReader` and `sock*` no longer refuse the descriptor (as in asyncio). */
  stopReceiving(): void;
  /** Closes gracefully. Returns true if that is complete; false if it takes time and `_closed` or `loseSoon` will follow. */
  finish(): boolean;
  /** Stops all events and drops unsent bytes. */
  stop(): void;
  /** Releases the underlying resource. Idempotent. */
  release(): void;
  /** Describes the state of the end, for the transport's `toString`. */
  describe(bufferSize: number): string;
}
