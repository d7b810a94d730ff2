/**
 * The interface of a batch, which receives and sends on many sockets in one native call. `lib/batch` implements it; a loop without a
 * batch (`_batch === null`) makes the same system calls one by one.
 */

import type { Address } from '../sockets/address.js';
import type { Socket } from '../sockets/socket.js';

/** A writer whose bytes may be sent in a batch. */
export interface BatchedSender {
  /** @internal The number of its deferred bytes. */
  _deferred: number;
  /** @internal True to have `_batchSent` called for every outcome, not only after a partial or failed send. */
  readonly _needsResult?: boolean;
  /** @internal Returns false while other bytes of this sender must leave first, or it has nothing to send to. */
  _mayDefer(): boolean;
  /**
   * @internal The kernel accepted `result` of the deferred bytes, or refused them with -errno. Must keep `rest` and call no other
   * code, because the unsent bytes of other senders are not saved yet.
   */
  _keepRest(result: number, rest: Uint8Array): void;
  /** @internal Called when all senders have kept their rest. May act on `result`: notify a protocol, or fail. */
  _batchSent(result: number): void;
}

/** The endpoint of a datagram socket, as the batch sees it. */
export interface BatchedEndpoint {
  /** @internal A datagram has arrived, or the receive has failed with -errno. The protocol may keep the bytes. */
  _received(received: { readonly data: Buffer; readonly address: Address | null } | number): void;
  /** @internal Returns false once the protocol must get no more datagrams. */
  _isReceiving(): boolean;
  /** @internal The kernel has refused a deferred datagram with -errno; EAGAIN: it has no room yet. `data` is valid during the call. */
  _refused(errno: number, data: Uint8Array, address: Address | null): void;
}

/** Receives and sends several datagrams of an endpoint together. */
export interface DatagramExchange {
  /**
   * Receives what is ready on the socket of `endpoint`, and delivers it to the endpoint. Its answers have left when this returns.
   * Returns false if the socket must receive its datagrams one by one.
   */
  receive(socket: Socket, endpoint: BatchedEndpoint): boolean;
  /** Copies a datagram, whose address is valid, and defers its send. Returns false if the endpoint must send it itself. */
  defer(endpoint: BatchedEndpoint, data: Uint8Array, address: Address | null): boolean;
  /** Sends what is deferred. */
  flush(): void;
}

/** Receives and sends for several sockets together. */
export interface IoBatch {
  /** Does the same for the datagrams of one socket. */
  readonly datagrams: DatagramExchange;
  /** Notes that `socket` is readable and its waiter will receive from it next. */
  found(socket: Socket): void;
  /** Receives from the noted sockets that expect small messages, if there are several. Called when the poll is complete. */
  afterPoll(): void;
  /**
   * Copies `data` and defers its send to the start of the next iteration. Returns false if the batch is not open or `data` must not be
   * deferred; the caller then sends it.
   */
  defer(sender: BatchedSender, fd: number, data: Uint8Array): boolean;
  /** True while small sends are deferred: from a poll that found several sockets readable until the loop is about to sleep. */
  readonly deferring: boolean;
  /** The loop's next step may sleep: flushes. `last`: and stops deferring, because no handle is ready. */
  beforeSleep(last: boolean): void;
  /** Sends all deferred bytes. */
  flush(): void;
  /** A descriptor is about to be closed: flushes if any deferred bytes are for it. */
  closing(fd: number): void;
}
