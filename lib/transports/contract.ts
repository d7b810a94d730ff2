/**
 * Transports and protocols: the contract between the library and callback-based programs.
 *
 * A transport moves bytes; a protocol interprets them. The abstract transports in this file are the interface of every connection,
 * whether it is a socket, a pipe, or TLS on top of another connection. They hold no state and make no system calls.
 *
 * A program implements a protocol. Each of its methods is a plain function that the loop calls and that must not block.
 * `connectionMade` is called once, first; `connectionLost` is called once, last. If a receiving method throws, the connection ends,
 * and both the loop's exception handler and `connectionLost` get the error.
 */

import type { Address, Socket } from '../sockets/index.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import type { TlsInfo } from './tls-info.js';

/** The methods that every protocol may have. All are optional. */
export interface BaseProtocol<T extends BaseTransport = Transport> {
  /** The connection is established and nothing has been received yet. Keep the transport to write to it. */
  connectionMade?(transport: T): void;
  /**
   * The connection has ended. Its descriptor is closed right after this call.
   *
   * @param error null if either side closed it gracefully, or if the stream below was destroyed without an error; otherwise the cause, such
   *   as an OSError ECONNRESET
   */
  connectionLost?(error: unknown): void;
  /** The write buffer is above the high watermark: stop writing until `resumeWriting`. Never called twice in a row. */
  pauseWriting?(): void;
  /** The write buffer has drained to the low watermark. Called only after `pauseWriting`. */
  resumeWriting?(): void;
}

/** A protocol that receives a stream as buffers. */
export interface Protocol extends BaseProtocol {
  /**
   * Bytes have arrived. The buffer is never empty, and the protocol may keep it. Small buffers are disjoint views of one shared
   * ArrayBuffer, so they cannot be transferred to a worker (`DataCloneError`; Node 20 copies them instead).
   */
  dataReceived?(data: Buffer): void;
  /**
   * The peer has ended its side (EOF); nothing more will be received. Return true to keep the transport open for writing; any other
   * result closes it after pending writes have been sent.
   */
  eofReceived?(): boolean | void;
}

/** A protocol that receives a stream into buffers that it provides, without a copy or an allocation. */
export interface BufferedProtocol extends BaseProtocol {
  /**
   * Returns the buffer to receive into, which must not be empty. The transport uses it only until `bufferUpdated`. The kernel writes
   * directly into it, except when a batch has received small messages for several connections: those are copied.
   *
   * @param sizeHint the expected number of bytes; -1 if it is unknown
   */
  getBuffer(sizeHint: number): Uint8Array;
  /** The first `byteCount` bytes of that buffer have been filled. */
  bufferUpdated(byteCount: number): void;
  /** As {@link Protocol.eofReceived}. */
  eofReceived?(): boolean | void;
}

/** A protocol that receives datagrams. */
export interface DatagramProtocol extends BaseProtocol<BaseTransport> {
  /** A complete datagram has arrived; it may be empty. `address` is null if the sender has none. */
  datagramReceived(data: Buffer, address: Address | null): void;
  /**
   * A datagram could not be sent, or the peer refused one. `error` is an OSError; the transport stays open. Without this method, the errors go
   * to the exception handler of the loop.
   */
  errorReceived?(error: unknown): void;
}

/** A protocol that provides the memory for some of its bytes. `dataReceived` gets the rest. */
export interface DirectProtocol extends Protocol {
  /** @internal Returns the memory for the next receive; null: `dataReceived` gets it. */
  _destination(): Uint8Array | null;
  /** @internal `count` bytes have been received into the destination. */
  _receivedInto(count: number): void;
}

/** A protocol that a stream transport accepts. */
export type StreamProtocol = Protocol | BufferedProtocol;

/** The facts that `getExtraInfo` returns for the transport of a socket. */
export interface SocketInfo {
  /**
   * The socket, which belongs to the transport. Inspecting it and setting its options is allowed, and so is giving it to a child or to
   * `sockSendFile` once all writes have been sent. Do not read, write, shut down, detach or close it. Requesting the socket takes this
   * connection out of batching: its system calls are made one by one from then on.
   */
  socket: Socket;
  /** The local address. */
  sockname: Address;
  /** The peer's address. */
  peername: Address;
}

/** The facts that `getExtraInfo` returns, including those of TLS. Other transports know other names. */
export interface TransportInfo extends SocketInfo, TlsInfo {}

/** Options of `abort`. */
export interface AbortOptions {
  /**
   * Whether to reset a TCP connection: the kernel sends RST, and the peer gets ECONNRESET instead of an orderly end. Without effect on other
   * connections, which have no reset. Default: false.
   */
  reset?: boolean;
}

/** The interface of every transport, of streams and of datagrams. */
export abstract class BaseTransport {
  /** Returns a fact about the connection, even after it has ended; `fallback` (default: null) if the fact is unknown. */
  abstract getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  abstract getExtraInfo(name: string, fallback?: unknown): unknown;

  /** Returns true once the transport is closing or closed. */
  abstract isClosing(): boolean;

  /**
   * Closes the transport gracefully: stops receiving, sends pending writes, then calls `connectionLost(null)`. Idempotent.
   */
  abstract close(): void;

  /**
   * Closes the transport and drops unsent bytes. `connectionLost(null)` is called in the next iteration. Idempotent.
   *
   * @param options see {@link AbortOptions}; by default the peer sees an orderly end, unless there are bytes that this side has not read
   */
  abstract abort(options?: AbortOptions): void;

  /** Closes the transport gracefully, for `await using`. The library's transports also wait until they are closed. */
  [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return new Coroutine(nothing(), 'Transport.asyncDispose');
  }

  /** Describes the transport and its state. */
  abstract toString(): string;

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The transport of a byte stream: the interface that its protocol uses. */
export abstract class Transport extends BaseTransport {
  /** @internal Set while an operation (`sendfile`) owns the sending side and the protocol; other calls are checked against it. */
  _writeLock: { check(method: string): void; dropped(): void } | null = null;

  /** @internal Returns the socket that carries exactly the written bytes, for sendfile(2); null if there is none (TLS, pipes). */
  _plainSocket(): Socket | null {
    return null;
  }

  /** Returns the current protocol; null once the connection has ended. */
  abstract getProtocol(): StreamProtocol | null;

  /** Replaces the protocol, between two messages. Calls neither `connectionMade` nor `connectionLost`. */
  abstract setProtocol(protocol: StreamProtocol): void;

  // --- Receiving ----------------------------------------------------------------------------------------------------

  /** Returns true while the transport receives: not paused, not closing, not at EOF. */
  abstract isReading(): boolean;

  /** Stops receiving until `resumeReading`. The kernel's buffer fills, which applies backpressure to the peer. Idempotent. */
  abstract pauseReading(): void;

  /** Resumes receiving after `pauseReading`. Idempotent; a no-op on a closing transport. */
  abstract resumeReading(): void;

  // --- Sending ------------------------------------------------------------------------------------------------------

  /**
   * Writes bytes in order, without blocking. Bytes that the kernel does not accept immediately are copied and sent later, so the caller
   * may reuse the buffer when this returns. While several connections are ready, small writes are batched and leave before the loop
   * sleeps; `getWriteBufferSize()`, `close()` and `abort()` flush them. Writes after `close()`, or to a peer that is gone, are dropped.
   *
   * @throws TypeError for anything but a Uint8Array; InvalidStateError after `writeEof()`
   */
  abstract write(data: Uint8Array): void;

  /** Writes all the buffers in order, in one system call; otherwise as `write`. */
  abstract writelines(list: Iterable<Uint8Array>): void;

  /**
   * Half-closes the stream after all pending writes: the peer reads EOF and can still send. A no-op when called again and on a
   * closing transport.
   */
  abstract writeEof(): void;

  /** Returns true if `writeEof` is supported. */
  abstract canWriteEof(): boolean;

  /** Returns the number of bytes in the write buffer, after flushing batched writes. */
  abstract getWriteBufferSize(): number;

  /** Returns the watermarks, in bytes. */
  abstract getWriteBufferLimits(): { low: number; high: number };

  /**
   * Sets the watermarks, in bytes: the protocol's `pauseWriting` is called above `high`, its `resumeWriting` at `low` or below.
   *
   * Default: high 65536, low 16384. If only one is given, the other follows: `low` is a quarter of `high`. With both at 0 the protocol
   * is paused whenever a byte is unsent.
   *
   * @throws RangeError unless 0 <= low <= high
   */
  abstract setWriteBufferLimits(limits?: { high?: number; low?: number }): void;
}

/** The steps of a disposal that has nothing to wait for. */
function* nothing(): Steps<void> {}
