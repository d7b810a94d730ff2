/**
 * Transports that are open, and those that were forgotten.
 *
 * A transport that reads is held by its loop. One that does not (paused, or half closed) is collected with its protocol when
 * nobody holds them, and its peer would wait for ever. So it is reported to the exception handler, and its socket closed; the
 * same happens to every transport that is open when its loop closes. The record here must not refer to the transport, or it
 * would never be collected.
 *
 * The record also tells others that the descriptor is taken: `addReader` and `sockRecv` beside a transport would steal its bytes.
 */

import type { Claim } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Socket } from '../sockets/index.js';
import { forgetOwner } from '../sockets/unclosed-sockets.js';
import { type ClosedWithLoop, closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';

/** The descriptor that a transport owns. */
interface Closable {
  fileno(): number;
  close(): void;
}

/** An open connection, as a server sees it: a transport, or a stream of Node's. */
export interface Connected {
  /** Ends it after what was written has been sent. */
  close(): void;
  /** Ends it immediately. */
  abort(): void;
}

/** Whoever counts the connections it has made: a server. */
export interface TransportKeeper {
  /**
   * A connection is open. The keeper refers to it weakly, so that the garbage collector finds a transport that was forgotten.
   *
   * @param key stands for the connection; a second call with the same key replaces the first
   */
  opened(key: object, connection: Connected): void;
  /** Its descriptor is closed. */
  gone(key: object): void;
}

const dropped = new FinalizationRegistry<OpenTransport>((record) => {
  record.reportUnclosed();
});

/** The record of one open transport. */
export class OpenTransport implements Claim, ClosedWithLoop {
  /** The descriptor, also after it was closed. */
  readonly fd: number;
  /** Null once it is closed: the engine keeps this record, of which it has been told, until the next full collection. */
  channel: Closable | null;

  /** @param kind the class of the transport */
  constructor(
    private readonly loop: LoopCore,
    channel: Closable,
    private readonly kind: string,
    private readonly keeper: TransportKeeper | null,
  ) {
    this.fd = channel.fileno();
    this.channel = channel;
  }

  /** From now on the descriptor is the transport's. InvalidStateError if it is another one's already. */
  open(transport: object): void {
    this.loop._descriptors.claim(this.fd, this);
    closeWithLoop(this.loop, this);
    dropped.register(transport, this, this);
    forgetOwner(this.channel!); // that one would be watched for nothing: this record holds it
  }

  /** The transport is closing: it knows what it does, and others may use the descriptor. */
  closing(): void {
    this.loop._descriptors.disclaim(this.fd, this);
  }

  /** The transport is closed, or about to be. Idempotent. */
  closed(): void {
    this.closing();
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
      this.keeper?.gone(this);
    }
  }

  /** The descriptor has another owner now; the connection goes on. */
  handedOver(): void {
    this.closed();
    this.channel = null;
  }

  /** The keeper is to hold this instead of the transport. */
  follow(connection: Connected): void {
    this.keeper?.opened(this, connection);
  }

  /** @internal */
  _loopCloses(): void {
    this.reportUnclosed();
  }

  /** @internal Only for the finalizer and the loop's end. */
  reportUnclosed(): void {
    this.closed();
    const { channel } = this;
    const socket = channel instanceof Socket ? { socket: channel } : {};
    this.loop.callExceptionHandler({ message: `unclosed transport ${this.toString()}`, ...socket });
    this.closeChannel();
  }

  toString(): string {
    return `<${this.kind} fd=${this.fd}>`;
  }
}
