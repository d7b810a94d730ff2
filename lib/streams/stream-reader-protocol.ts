/**
 * The protocol that connects a transport to a pair of streams. It passes received bytes to the reader. The writer's `drain` and
 * `waitClosed` wait for its `resumeWriting` and `connectionLost`.
 */

import { OSError } from '../errors/index.js';
import { ECONNRESET } from '../sockets/errno.js';
import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { DirectProtocol, Transport } from '../transports/contract.js';
import type { WatchedWriter } from './dropped-writers.js';
import type { Inbox } from './inbox.js';
import type { StreamReader } from './stream-reader.js';

/** Feeds a reader. To use streams with your own transport, make one of these and pass both to a `StreamWriter`. */
export class StreamReaderProtocol implements DirectProtocol {
  private readonly inbox: Inbox | null;
  /** @internal True for a connection that a server has accepted. */
  readonly _isServerSide: boolean = false;
  private paused = false;
  private lost = false;
  /** The error that ended the connection; null if it ended gracefully. */
  private error: unknown = null;
  /** An operation has thrown it. */
  private isErrorKnown = false;
  // Made on the first wait: most connections never need them.
  private resumed: Event | null = null;
  private closed: Event | null = null;
  private watched: WatchedWriter | null = null;
  /** Aborted when the connection has ended; null until it is asked for. */
  private ending: AbortController | null = null;

  /** @param reader the reader to feed; null if the transport only writes */
  constructor(reader: StreamReader | null) {
    this.inbox = reader?._inbox ?? null; // not the reader itself, which must stay collectable while the connection is open
  }

  connectionMade(transport: Transport): void {
    this.inbox?.setSource(transport);
  }

  dataReceived(data: Buffer): void {
    this.inbox?.receive(data);
  }

  /** @internal Returns the buffer of a `readInto` that waits; null if there is none. */
  _destination(): Uint8Array | null {
    return this.inbox?.destination() ?? null;
  }

  /** @internal The transport has received `count` bytes into the destination. */
  _receivedInto(count: number): void {
    this.inbox?.receivedInto(count);
  }

  /** Marks EOF in the reader, and keeps the transport open for writing. */
  eofReceived(): boolean {
    this.inbox?.end();
    return true;
  }

  connectionLost(error: unknown): void {
    this._unwatch();
    this.lost = true;
    this.error = error;
    if (error === null) this.inbox?.end();
    else this.inbox?.fail(error);
    this.resumed?.set();
    this.closed?.set();
    this.ending?.abort(error ?? connectionLost());
  }

  pauseWriting(): void {
    this.paused = true;
    this.resumed = null;
  }

  resumeWriting(): void {
    this.paused = false;
    this.resumed?.set();
  }

  /** @internal Stores the record of the writer, which must not be leaked while it is connected. */
  _watch(writer: WatchedWriter): void {
    this.watched = writer;
  }

  /** @internal Ends `_watch`. */
  _unwatch(): void {
    this.watched?.forget();
    this.watched = null;
  }

  /** @internal Replaces the transport that feeds the reader and is paused. Its protocol must already be this one. */
  _replaceTransport(transport: Transport): void {
    this.inbox?.replaceSource(transport);
  }

  /** @internal Returns true while writing is paused. Throws the error that ended the connection; OSError ECONNRESET if it ended without. */
  _isPaused(): boolean {
    if (this.lost) {
      this.checkError();
      throw connectionLost();
    }
    return this.paused;
  }

  /** @internal Waits until writing resumes or the connection has ended. Throws the error that ended it. */
  *_resumed(): Steps<void> {
    this.resumed ??= new Event();
    yield* this.resumed.wait();
    this.checkError();
  }

  /** @internal Waits until the connection has ended. Throws the error that ended it. */
  *_closed(): Steps<void> {
    yield* this.ended();
    this.checkError();
  }

  /** @internal Returns a signal that is aborted when the connection has ended; its reason is what `drain` throws then. */
  _endSignal(): AbortSignal {
    if (this.ending === null) {
      this.ending = new AbortController();
      if (this.lost) this.ending.abort(this.error ?? connectionLost());
    }
    return this.ending.signal;
  }

  /** @internal Returns true if `error` is the error that ended the connection, not merely an equal one. */
  _endedWith(error: unknown): boolean {
    return this.error !== null && error === this.error;
  }

  /** @internal Waits until the connection has ended. Throws the error that ended it, unless an operation has already thrown it. */
  *_disposed(): Steps<void> {
    yield* this.ended();
    if (!this.isErrorKnown && this.inbox?.isFailureKnown !== true) this.checkError();
  }

  private *ended(): Steps<void> {
    if (this.lost) return;
    this.closed ??= new Event();
    yield* this.closed.wait();
  }

  private checkError(): void {
    if (this.error === null) return;
    this.isErrorKnown = true;
    throw this.error as Error;
  }
}

function connectionLost(): OSError {
  const error = Object.assign(new OSError(ECONNRESET, 'write'), { message: 'Connection lost' });
  Error.captureStackTrace(error, connectionLost); // its first line is the message
  return error;
}
