/**
 * Hands a connection over from a transport to a Node stream, or to TLS.
 *
 * The transport gives up the socket or stream below it, the bytes that it received but did not deliver, and the bytes that were written
 * but not sent. From then on it moves no bytes and follows its successor: it is closing when the successor is, and `connectionLost` is
 * called when the successor has closed. So code that holds the transport (a server's list of connections, a StreamWriter) keeps working.
 */

import type { Duplex } from 'node:stream';

import { InvalidStateError } from '../errors/index.js';
import type { Socket } from '../sockets/index.js';
import type { Transport } from './contract.js';
import type { Connected } from './open-transports.js';

/** The connection that moves the bytes after the hand-over. */
export interface Successor extends Connected {
  /** Returns true once it is closing or closed. */
  isClosing(): boolean;
}

/** What a transport's end releases in a hand-over. */
export interface Detached {
  /** The open socket, no longer registered with the loop; or the Node stream that the transport used. */
  readonly underlying: Socket | Duplex;
  /** Bytes received but not delivered, in order. */
  readonly received: readonly Buffer[];
  /**
   * The -errno that the batch received but did not deliver, or 0. The kernel reports an error only once, so it is passed to the new owner.
   */
  readonly failure: number;
}

/** A connection that its transport has released, and the calls by which the successor reports to the transport. */
export interface HandOver extends Detached {
  /** Bytes written but not sent, in order. Empty for a Node stream, which has buffered them itself. */
  readonly unsent: readonly Buffer[];
  /** True if `writeEof` was called: this side of the stream ends after `unsent`. */
  readonly eofWritten: boolean;
  /** Sets the successor. A later call replaces it. */
  readonly follow: (successor: Successor) => void;
  /** The successor has closed: calls `connectionLost` in the next iteration. `error` is null for an orderly close. */
  readonly closed: (error: unknown) => void;
}

/** A transport that can hand its connection over. */
interface HandsOver {
  /** @internal Called only on a transport that is not closing. `method` is named in errors. Null if it has no socket or Node stream. */
  _handOver(method: string): HandOver | null;
}

/**
 * Takes a connection from its transport. Returns null if the transport has no socket or Node stream: pipes, memory pairs, transports
 * that the program implements.
 *
 * @throws InvalidStateError if the transport is closing, busy with a `sendfile`, or has already handed over its connection
 */
export function handOver(method: string, transport: Transport): HandOver | null {
  if (transport.isClosing()) throw new InvalidStateError(`${method}: the transport is closed`);
  transport._writeLock?.check(method);
  return (transport as Transport & Partial<HandsOver>)._handOver?.(method) ?? null;
}

/** Returns the error for a method that would move bytes after the hand-over. */
export function handedOverError(method: string): InvalidStateError {
  return new InvalidStateError(`cannot call ${method}(): toDuplex() or startTls() has taken over this connection`);
}
