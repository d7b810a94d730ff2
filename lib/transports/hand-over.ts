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

/** The connection as its transport gives it up, and the calls that keep the transport informed. */
export interface HandOver {
  /** The open socket, no longer registered with the loop; or the Node stream that the transport used. */
  readonly ground: Socket | Duplex;
  /** Bytes received but not delivered, in order. */
  readonly received: readonly Buffer[];
  /** Bytes written but not sent, in order. Empty for a Node stream, which has buffered them itself. */
  readonly unsent: readonly Buffer[];
  /** True if `writeEof` was called: this side of the stream ends after `unsent`. */
  readonly eofWritten: boolean;
  /** Sets the successor. A later call replaces it. */
  follow(successor: Successor): void;
  /** The successor has closed; the loop then calls `connectionLost`. `error` is null for an orderly close. */
  ended(error: unknown): void;
}

/** A transport that can hand its connection over. */
interface Giver {
  /** @internal Called only while the connection is open. */
  _handOver(): HandOver | null;
}

/**
 * Takes a connection from its transport. Returns null if the transport has no socket or Node stream: pipes, memory pairs, transports
 * that the program implements.
 *
 * @throws InvalidStateError if the transport is closing or has already handed over its connection
 */
export function handOver(method: string, transport: Transport): HandOver | null {
  if (transport.isClosing()) throw new InvalidStateError(`${method}: the transport is closed`);
  const giver = transport as Transport & Partial<Giver>;
  return giver._handOver?.() ?? null;
}

/** Returns the error for a method that would move bytes after the hand-over. */
export function handedOverError(method: string): InvalidStateError {
  return new InvalidStateError(`cannot call ${method}(): the connection was handed over to a stream`);
}
