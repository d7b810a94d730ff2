/**
 * The records of open transports, which report and close the leaked ones.
 *
 * The loop holds a transport that reads. A transport that does not read (paused, or half-closed) can be garbage collected with its
 * protocol, and its peer would then wait indefinitely. So a collected transport is reported to the exception handler and its socket is
 * closed; the same happens to transports that are still open when the loop closes. A record must not refer to its transport, or the
 * transport would never be collected.
 *
 * A record also claims the descriptor: `addReader` and `sockRecv` beside a transport would steal its bytes, so they are refused.
 */

import type { Claim } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Collected } from '../platform/collected.js';
import { Socket } from '../sockets/index.js';
import { forgetOwner } from '../sockets/unclosed-sockets.js';
import type { AbortOptions } from './contract.js';
import { type ClosedWithLoop, closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';

/** The descriptor that a transport owns. */
interface Closable {
  fileno(): number;
  close(): void;
}

/** A connection that a server counts and can close: a transport or a Node stream. */
export interface Connected {
  /** Closes it after pending writes have been sent. */
  close(): void;
  /** Closes it and drops unsent bytes. */
  abort(options?: AbortOptions): void;
}

/** Counts the connections that it has made. Servers implement it. */
export interface ConnectionTracker {
  /**
   * A connection is open. The tracker holds it weakly, so that a leaked transport can be garbage collected.
   *
   * @param key identifies the connection; a second call with the same key replaces the connection
   */
  opened(key: object, connection: Connected): void;
  /** The descriptor of the connection is closed. */
  closed(key: object): void;
}

/** Returns the message for a transport whose loop closes first. `isClosing`: the program has closed it, but did not wait for its end. */
export function unclosedMessage(transport: string, isClosing: boolean): string {
  return isClosing
    ? `unclosed transport ${transport}: it was still closing when its loop closed; wait for its end (writer.waitClosed(), server.waitClosed()), or the peer may not get everything`
    : `unclosed transport ${transport}`;
}

const dropped = new Collected<OpenTransport>((record) => {
  record.reportUnclosed();
});

/** The record of one open transport. */
export class OpenTransport implements Claim, ClosedWithLoop {
  /** The number of the descriptor, kept after it is closed. */
  readonly fd: number;
  /** Null once it is closed: the FinalizationRegistry keeps this record alive until the next full garbage collection. */
  channel: Closable | null;
  private isClosing = false;

  /** @param kind the name of the transport class */
  constructor(
    private readonly loop: LoopCore,
    channel: Closable,
    private readonly kind: string,
    private readonly tracker: ConnectionTracker | null,
  ) {
    this.fd = channel.fileno();
    this.channel = channel;
  }

  /** Claims the descriptor for the transport. InvalidStateError if another transport owns it. */
  open(transport: object): void {
    this.loop._descriptors.claim(this.fd, this);
    closeWithLoop(this.loop, this);
    dropped.register(transport, this, this);
    forgetOwner(this.channel!); // this record reports the leak instead of the socket
  }

  /** The transport is closing: `addReader` and `sock*` no longer refuse the descriptor (as in asyncio). */
  releaseClaim(): void {
    this.isClosing = true;
    this.loop._descriptors.disclaim(this.fd, this);
  }

  /** The transport is closed or about to be: removes the record. Idempotent. */
  unregister(): void {
    this.releaseClaim();
    notWithLoop(this.loop, this);
    dropped.unregister(this);
  }

  /** Closes the descriptor. Idempotent. */
  closeChannel(): void {
    const { channel } = this;
    this.channel = null;
    try {
      channel?.close();
    } finally {
      this.tracker?.closed(this);
    }
  }

  /** The descriptor has a new owner, and the connection continues. */
  handedOver(): void {
    this.unregister();
    this.channel = null;
  }

  /** Makes the tracker count `connection` instead of the transport. */
  follow(connection: Connected): void {
    this.tracker?.opened(this, connection);
  }

  /** @internal Reports the transport as unclosed, because the loop closes first. */
  _loopCloses(): void {
    this.reportUnclosed();
  }

  /** @internal Called by the finalizer and by a closing loop. */
  reportUnclosed(): void {
    const message = unclosedMessage(this.toString(), this.isClosing);
    this.unregister();
    const { channel } = this;
    const socket = channel instanceof Socket ? { socket: channel } : {};
    try {
      this.loop.callExceptionHandler({ message, ...socket });
    } finally {
      this.closeChannel(); // even if the exception handler has thrown a fatal error
    }
  }

  toString(): string {
    return `<${this.kind} fd=${this.fd}>`;
  }
}
