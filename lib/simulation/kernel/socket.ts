/** What sockets of all families have in common. */

import { type SocketAddress, NO_ADDRESS } from './addresses.js';
import type { ControlMessage } from './control.js';
import { EINVAL, EOPNOTSUPP } from './errno.js';
import type { Limits } from './limits.js';
import { SHUT_READ, SHUT_WRITE, SOCK_DGRAM } from './numbers.js';
import { OpenFile } from './open-file.js';
import { SocketOptions } from './socket-options.js';

/** What a receive returns beside its bytes. */
export interface Received {
  address: SocketAddress;
  /** Files that were passed with the bytes. The receiver of this object owns one reference to each. */
  files: OpenFile[];
  control: ControlMessage[];
  /** MSG_TRUNC, MSG_CTRUNC. */
  flags: number;
}

export const nothingReceived = (): Received => ({ address: NO_ADDRESS, files: [], control: [], flags: 0 });

/**
 * A socket. Calls that a kind of socket does not have return -EOPNOTSUPP.
 *
 * No call waits: one that cannot finish returns -EAGAIN, or -EINPROGRESS for `connect`. kernel.ts does the waiting for blocking sockets.
 */
export abstract class Socket extends OpenFile {
  /** The pending error, a positive number. The next call that looks at it takes it away. */
  protected error = 0;
  /** The directions that are shut down: SHUT_READ, SHUT_WRITE. */
  protected shut = 0;
  readonly options: SocketOptions;

  constructor(
    readonly family: number,
    readonly type: number,
    readonly protocol: number,
    limits: Limits,
  ) {
    super();
    this.options = new SocketOptions(limits);
  }

  abstract bind(address: SocketAddress): number;
  abstract connect(address: SocketAddress): number;
  /** @param directions SHUT_READ, SHUT_WRITE or both */
  abstract shutdown(directions: number): number;
  /** The socket's own address. */
  abstract name(): SocketAddress;
  /** The peer's address, or -ENOTCONN. */
  abstract peerName(): SocketAddress | number;

  /**
   * @param to null: the peer
   * @param files passed with the bytes; the socket acquires its own references
   * @param control other control messages
   */
  abstract send(
    bytes: Uint8Array,
    flags: number,
    to: SocketAddress | null,
    files: readonly OpenFile[],
    control: readonly ControlMessage[],
  ): number;
  abstract receive(into: Uint8Array, flags: number, received: Received): number;

  /** The error of a send, known before it examines the descriptors that it passes; 0: none. */
  obstacleToMessage(): number {
    return 0;
  }

  listen(_backlog: number): number {
    return -EOPNOTSUPP;
  }

  /** Returns the next connection, or -errno. */
  accept(): Socket | number {
    return -EOPNOTSUPP;
  }

  /** True between a `connect` that returned -EINPROGRESS and its end. */
  get isConnecting(): boolean {
    return false;
  }

  get isListening(): boolean {
    return false;
  }

  /** The options of the socket's protocol. Returns the value, or -errno. `value` is null to get it. */
  protocolOption(_level: number, _option: number, _value: number | null): number {
    return -EOPNOTSUPP;
  }

  /** Returns the pending error as a result, and clears it; 0 if there is none. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return -error;
  }

  /** Makes the error of a call that has done a part of its work the result of the next one. */
  deferError(result: number): void {
    this.error = -result;
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const received = nothingReceived();
    const count = this.receive(into, 0, received);
    // There is no room for descriptors: files that were passed are closed.
    for (const file of received.files) file.drop();
    return count;
  }

  override write(bytes: Uint8Array): number {
    return this.send(bytes, 0, null, [], []);
  }

  /** True if bytes may be sent and received in parts. */
  get isStream(): boolean {
    return this.type !== SOCK_DGRAM;
  }

  protected get isShutForReading(): boolean {
    return (this.shut & SHUT_READ) !== 0;
  }

  protected get isShutForWriting(): boolean {
    return (this.shut & SHUT_WRITE) !== 0;
  }

  /** Returns -EINVAL for an address of another size than the family's. */
  protected static tooShort(address: SocketAddress, size: number): number {
    return address.size < size ? -EINVAL : 0;
  }
}
