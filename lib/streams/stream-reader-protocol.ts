/**
 * The protocol between a transport and a pair of streams: what the transport receives goes to the reader, and what it tells of
 * its buffer and its end is what the writer's `drain` and `waitClosed` wait for.
 */

import { OSError } from '../errors/index.js';
import { ECONNRESET } from '../sockets/errno.js';
import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { Protocol, Transport } from '../transports/contract.js';
import type { WatchedWriter } from './dropped-writers.js';
import type { Inbox } from './inbox.js';
import type { StreamReader } from './stream-reader.js';

/** Feeds a reader. Make one for a transport of your own, and a `StreamWriter` with both. */
export class StreamReaderProtocol implements Protocol {
  private readonly inbox: Inbox | null;
  /** @internal Whether the peer has connected to us. */
  readonly _isServerSide: boolean = false;
  private paused = false;
  private lost = false;
  /** What the connection was lost with; null if it ended in order. */
  private error: unknown = null;
  // Made when somebody waits: most connections never need them.
  private resumed: Event | null = null;
  private closed: Event | null = null;
  private watched: WatchedWriter | null = null;

  /** @param reader what to feed; null if the transport only writes */
  constructor(reader: StreamReader | null) {
    this.inbox = reader?._inbox ?? null; // not the reader: it may be dropped while the connection is there
  }

  connectionMade(transport: Transport): void {
    this.inbox?.setSource(transport);
  }

  dataReceived(data: Buffer): void {
    this.inbox?.push(data, true);
  }

  /** The peer has ended its side; ours stays open. */
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
  }

  pauseWriting(): void {
    this.paused = true;
    this.resumed = null;
  }

  resumeWriting(): void {
    this.paused = false;
    this.resumed?.set();
  }

  /** @internal Its writer must not be dropped while it is connected. */
  _watch(writer: WatchedWriter): void {
    this.watched = writer;
  }

  /** @internal Takes `_watch` back. */
  _unwatch(): void {
    this.watched?.forget();
    this.watched = null;
  }

  /** @internal From now on this transport feeds and is paused; the protocol works for it already. */
  _replaceTransport(transport: Transport): void {
    this.inbox?.replaceSource(transport);
  }

  /** @internal True while the transport takes no more. OSError ECONNRESET if the connection is gone already. */
  _isPaused(): boolean {
    if (this.lost) throw connectionLost();
    return this.paused;
  }

  /** @internal Returns when the transport takes more, or the connection is gone; throws what it was lost with. */
  *_resumed(): Steps<void> {
    this.resumed ??= new Event();
    yield* this.resumed.wait();
    this.checkError();
  }

  /** @internal Returns when the connection is gone; throws what it was lost with. */
  *_closed(): Steps<void> {
    if (!this.lost) {
      this.closed ??= new Event();
      yield* this.closed.wait();
    }
    this.checkError();
  }

  private checkError(): void {
    if (this.error !== null) throw this.error as Error;
  }
}

function connectionLost(): OSError {
  const error = Object.assign(new OSError(ECONNRESET, 'write'), { message: 'Connection lost' });
  Error.captureStackTrace(error, connectionLost); // its first line is the message
  return error;
}
