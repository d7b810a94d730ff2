/**
 * Handing a connection over: from a transport to a stream of Node's, or to TLS.
 *
 * The transport gives up what it has: the socket or stream below it, the bytes it has received and not delivered, and those written
 * and not sent. From then on it moves nothing and follows its successor: it is closing when that is, and `connectionLost` is called
 * when that has closed. So everything that holds the transport (a server's list of connections, a StreamWriter) goes on working.
 */

import type { Duplex } from 'node:stream';

import { InvalidStateError } from '../errors/index.js';
import type { Socket } from '../sockets/index.js';
import type { Transport } from './contract.js';
import type { Connected } from './open-transports.js';

/** What moves the bytes after the hand-over. */
export interface Successor extends Connected {
  /** True once it is closed, or about to be. */
  isClosing(): boolean;
}

/** What a transport gives up. */
export interface HandOver {
  /** The socket, open and of no loop's concern; or the stream of Node's that the transport worked on. */
  readonly ground: Socket | Duplex;
  /** Received and not delivered, in order. */
  readonly received: readonly Buffer[];
  /** Written and not sent, in order. A stream has these itself. */
  readonly unsent: readonly Buffer[];
  /** True if `writeEof` was called: our side ends after `unsent`. */
  readonly eofWritten: boolean;
  /** Names the successor; a later call replaces it. */
  follow(successor: Successor): void;
  /** The successor has closed. The protocol of the transport is notified from the loop; `error` is null for an orderly end. */
  ended(error: unknown): void;
}

/** A transport that can hand its connection over. */
interface Giver {
  /** @internal Only while it is open. */
  _handOver(): HandOver | null;
}

/**
 * Takes a connection from its transport. Null if the transport has no socket or stream to give: pipes, memory, classes of the program.
 *
 * @throws InvalidStateError for a transport that is closing, or has handed over its connection already
 */
export function handOver(method: string, transport: Transport): HandOver | null {
  if (transport.isClosing()) throw new InvalidStateError(`${method}: the transport is closed`);
  const giver = transport as Transport & Partial<Giver>;
  return giver._handOver?.() ?? null;
}

/** What every method says that would move bytes after the hand-over. */
export function handedOverError(method: string): InvalidStateError {
  return new InvalidStateError(`cannot call ${method}(): the connection was handed over to a stream`);
}
