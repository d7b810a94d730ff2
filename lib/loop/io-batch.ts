/**
 * The seam for receiving and sending on many sockets in one native call. `lib/batch` stands behind it; a loop without one
 * (`_batch === null`) makes the same system calls one by one.
 */

import type { Socket } from '../sockets/socket.js';

/** A writer whose bytes may be sent together with those of others. */
export interface BatchedSender {
  /** @internal How many of its bytes are deferred. */
  _deferred: number;
  /** @internal True if `_batchSent` is to be called for every outcome, not only when bytes were left. */
  readonly _waits?: boolean;
  /** @internal False while other bytes of this sender must leave first, or it has nothing to send to. */
  _mayDefer(): boolean;
  /**
   * @internal Of the deferred bytes the kernel took `result`, or it refused with -errno. Keep `rest`, but call no other code yet: the
   * rests of other senders are not in safety.
   */
  _keepRest(result: number, rest: Uint8Array): void;
  /** @internal After that; now it may act on `result`: notify a protocol, or fail. */
  _batchSent(result: number): void;
}

/** Receives and sends for several sockets at a time. */
export interface IoBatch {
  /** A waiter was found readable whose next step is to receive bytes from `socket`. */
  found(socket: Socket): void;
  /** The poll is complete: receives for all that were found, if there are several. */
  afterPoll(): void;
  /**
   * Defers a send of `data`, a copy of it, until the loop is about to sleep. False if nothing is being batched, or `data` must not
   * wait: then the caller sends it.
   */
  defer(sender: BatchedSender, fd: number, data: Uint8Array): boolean;
  /** Sends everything that is deferred. */
  flush(): void;
  /** A descriptor is about to be closed: sends everything, if some of it is for that one. */
  closing(fd: number): void;
}
