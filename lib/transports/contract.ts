/**
 * Transports and protocols: the contract between the library and a program that is called back.
 *
 * A transport moves bytes, a protocol says what they mean. The classes of transports here are what every connection looks like
 * from above, whether it is a socket, a pipe, or TLS on top of another one; they hold no state and make no system call.
 *
 * A program implements a protocol. Each of its methods is a plain function, called from the loop, and must not wait.
 * `connectionMade` comes first and once, `connectionLost` last and once; nothing is called after it. A method that throws while
 * it receives ends the connection: the error goes to the loop's exception handler and to `connectionLost`.
 */

import type { Address, Socket } from '../sockets/index.js';
import type { TlsInfo } from './tls-info.js';

/** What all protocols may have. */
export interface BaseProtocol<T extends BaseTransport = Transport> {
  /** The connection is there; nothing has been received yet. Keep the transport to write to it. */
  connectionMade?(transport: T): void;
  /**
   * The connection is gone. Its descriptor is closed right after this call.
   *
   * @param error null if it was closed in order, by either side; else what went wrong, such as an OSError ECONNRESET
   */
  connectionLost?(error: unknown): void;
  /** More than the high watermark waits to be sent: write no more until `resumeWriting`. Never called twice in a row. */
  pauseWriting?(): void;
  /** No more than the low watermark is left. Only called after `pauseWriting`. */
  resumeWriting?(): void;
}

/** Receives a stream as buffers. */
export interface Protocol extends BaseProtocol {
  /**
   * Bytes have arrived. The buffer is the protocol's to keep, and never empty. Small ones are views of memory that several share,
   * each its own part: to move one to a worker without a copy is refused (`DataCloneError`; Node 20 copies it).
   */
  dataReceived?(data: Buffer): void;
  /**
   * The peer has ended its side; nothing more will be received. Return true to keep the transport open and write on; anything
   * else closes it, after what is written already was sent.
   */
  eofReceived?(): boolean | void;
}

/** Receives a stream into buffers of its own: no copy, no allocation. */
export interface BufferedProtocol extends BaseProtocol {
  /**
   * The buffer to receive into; not empty. The transport uses it until `bufferUpdated`, and not after. The kernel writes straight into
   * it; only what small messages bring to several connections at once is received for all of them first, and copied.
   *
   * @param sizeHint how many bytes there might be; -1 if that is unknown
   */
  getBuffer(sizeHint: number): Uint8Array;
  /** The first `byteCount` bytes of that buffer have been filled. */
  bufferUpdated(byteCount: number): void;
  /** As {@link Protocol.eofReceived}. */
  eofReceived?(): boolean | void;
}

/** Receives datagrams. */
export interface DatagramProtocol extends BaseProtocol<BaseTransport> {
  /** A datagram has arrived, whole, perhaps empty. `address` is null when its sender has none. */
  datagramReceived(data: Buffer, address: Address | null): void;
  /** A datagram could not be sent, or the peer has refused one: an OSError. The transport goes on. */
  errorReceived?(error: unknown): void;
}

/** What a stream transport can work for. */
export type StreamProtocol = Protocol | BufferedProtocol;

/** What `getExtraInfo` can tell of a socket's transport. */
export interface SocketInfo {
  /**
   * The socket. It belongs to the transport: look at it, set its options, give it to a child or to `sockSendFile` when everything that
   * was written has been sent; but do not read, write, shut down, detach or close it. Whoever has asked for it has its system calls
   * made one by one from then on, and not together with those of other connections.
   */
  socket: Socket;
  /** Its own address. */
  sockname: Address;
  /** The address of the peer. */
  peername: Address;
}

/** What `getExtraInfo` can tell, of TLS if there is some. Other transports know other names. */
export interface TransportInfo extends SocketInfo, TlsInfo {}

/** What all transports have in common. */
export abstract class BaseTransport {
  /** A fact about the connection, also after it has ended; `fallback` (null by default) if it is not known. */
  abstract getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  abstract getExtraInfo(name: string, fallback?: unknown): unknown;

  /** True once it is closed, or about to be. */
  abstract isClosing(): boolean;

  /**
   * Closes it in order: receives nothing more, sends what was written before, and then calls `connectionLost(null)`. Idempotent.
   */
  abstract close(): void;

  /** Closes it at once: what has not been sent is dropped. `connectionLost(null)` is called in the next iteration. Idempotent. */
  abstract abort(): void;

  /** `await using`: closes it in order, and waits until it is closed where the kind of transport can tell. */
  [Symbol.asyncDispose](): PromiseLike<void> {
    this.close();
    return Promise.resolve();
  }

  /** What it is, and what it is doing. */
  abstract toString(): string;

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A stream of bytes in both directions, as its protocol sees it. */
export abstract class Transport extends BaseTransport {
  /** @internal Set while one operation (`sendfile`) has the sending side and the protocol: others are checked against it. */
  _writeLock: { check(method: string): void; dropped(): void } | null = null;

  /** @internal The socket that takes exactly the bytes that are written, for sendfile(2); null if there is none. */
  _plainSocket(): Socket | null {
    return null;
  }

  /** The protocol that receives; null once the connection has ended. */
  abstract getProtocol(): StreamProtocol | null;

  /** Hands the stream over to another protocol, between two messages. Calls neither `connectionMade` nor `connectionLost`. */
  abstract setProtocol(protocol: StreamProtocol): void;

  // --- Receiving ----------------------------------------------------------------------------------------------------

  /** True while bytes are being received: not paused, not closing, not at the end. */
  abstract isReading(): boolean;

  /** Receives nothing until `resumeReading`; the kernel's buffer fills, and the peer has to wait. Idempotent. */
  abstract pauseReading(): void;

  /** Ends `pauseReading`. Idempotent; does nothing on a transport that is closing. */
  abstract resumeReading(): void;

  // --- Sending ------------------------------------------------------------------------------------------------------

  /**
   * Sends bytes, in order and without waiting: what the kernel does not take at once is copied and sent later, so the buffer is
   * the caller's again when this returns. While several connections are served, small writes to them are sent together, when all that
   * was ready has run; `getWriteBufferSize()`, `close()` and `abort()` send them first. What is written after `close()`, or to a peer that is gone, is dropped.
   *
   * TypeError for anything but a Uint8Array; InvalidStateError after `writeEof()`.
   */
  abstract write(data: Uint8Array): void;

  /** As `write` of all the buffers in turn, in one system call. */
  abstract writelines(list: Iterable<Uint8Array>): void;

  /**
   * Ends this side of the stream after what was written before: the peer reads the end, and can still send. Does nothing the
   * second time and on a transport that is closing.
   */
  abstract writeEof(): void;

  /** Whether `writeEof` is possible. */
  abstract canWriteEof(): boolean;

  /** How many bytes wait to be sent: those that the kernel does not take now. */
  abstract getWriteBufferSize(): number;

  /** The watermarks, in bytes. */
  abstract getWriteBufferLimits(): { low: number; high: number };

  /**
   * Sets the watermarks in bytes: over `high`, the protocol's `pauseWriting` is called, at `low` or below, `resumeWriting`.
   *
   * Default: high 65536, low 16384. One alone sets the other: `low` is a quarter of `high`. 0 and 0 pause whenever a byte waits.
   * RangeError unless 0 <= low <= high.
   */
  abstract setWriteBufferLimits(limits?: { high?: number; low?: number }): void;
}
