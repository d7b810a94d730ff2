/** What UNIX sockets of all types have in common: names, peers, and a queue of messages in the receiver. */

import { type SocketAddress, UNIX_NAME_OFFSET, unixAddress } from '../addresses.js';
import { violated } from '../checks.js';
import { EADDRINUSE, EINVAL, ENOTCONN } from '../errno.js';
import type { Limits } from '../limits.js';
import { AF_UNIX, POLLERR, POLLHUP, POLLIN, POLLOUT, SHUT_BOTH } from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import { Socket } from '../socket.js';
import type { UnixNames } from './names.js';

/** Bytes that were sent together, and the files that were passed with them. */
export interface Message {
  readonly bytes: Uint8Array;
  /** The first unread byte. */
  start: number;
  readonly from: UnixSocket;
  /** The memory that it takes of the sender's buffer. */
  readonly cost: number;
  files: readonly OpenFile[];
}

/**
 * There is no network between two UNIX sockets: `send` puts a message directly into the queue of the receiver. It is the *sender's* buffer
 * that limits the queue.
 */
export abstract class UnixSocket extends Socket {
  readonly queue: Message[] = [];
  peer: UnixSocket | null = null;
  isDead = false;
  /** The name that it was bound to, or the listener's. */
  protected boundTo: string | null = null;
  private ownsName = false;
  /** The memory of the messages that were sent and not yet received. */
  private unreceived = 0;

  constructor(
    type: number,
    protected readonly names: UnixNames<UnixSocket>,
    protected readonly limits: Limits,
  ) {
    super(AF_UNIX, type, 0, limits);
  }

  override bind(address: SocketAddress): number {
    if (address.family !== AF_UNIX) return -EINVAL;
    // Without a name, the kernel chooses one, unless the socket has one already.
    if (address.size === UNIX_NAME_OFFSET)
      return this.boundTo === null ? this.takeName(this.names.choose(this.type)) : 0;
    const isFile = !address.path.startsWith('\0');
    if (isFile && this.names.isTaken(address.path, this.type)) return -EADDRINUSE;
    if (this.boundTo !== null) return -EINVAL;
    return this.names.isTaken(address.path, this.type) ? -EADDRINUSE : this.takeName(address.path);
  }

  override name(): SocketAddress {
    return unixAddress(this.boundTo ?? '');
  }

  /** The name, or null. */
  get boundName(): string | null {
    return this.boundTo;
  }

  override peerName(): SocketAddress | number {
    return this.peer === null ? -ENOTCONN : this.peer.name();
  }

  /** True if three quarters of the send buffer are free. */
  protected get hasRoomToWrite(): boolean {
    return this.unreceived * 4 <= this.options.sendBuffer;
  }

  protected get isSendBufferFull(): boolean {
    return this.unreceived >= this.options.sendBuffer;
  }

  /** The bits of `poll` that all types share. */
  protected commonPoll(): number {
    let state = 0;
    if (this.error !== 0) state |= POLLERR;
    if (this.shut === SHUT_BOTH) state |= POLLHUP;
    if (this.isShutForReading || this.queue.length > 0) state |= POLLIN;
    if (!this.isListening && this.hasRoomToWrite) state |= POLLOUT;
    return state;
  }

  /** Puts a copy of the bytes into the receiver's queue. */
  protected deliver(to: UnixSocket, bytes: Uint8Array, files: readonly OpenFile[], cost: number): void {
    for (const file of files) file.acquire();
    to.queue.push({ bytes: Uint8Array.from(bytes), start: 0, from: this, cost, files });
    this.unreceived += cost;
    to.changed();
  }

  /** Removes the first message of the queue. Its files must have been taken. */
  protected removeFirst(): void {
    const message = this.queue.shift()!;
    message.from.repay(message.cost);
  }

  /** Drops all messages, and the files that were passed with them. */
  protected purge(): void {
    while (this.queue.length > 0) {
      for (const file of this.queue[0]!.files) file.drop();
      this.removeFirst();
    }
  }

  /** Messages that have not been received are charged to the socket that has sent them. */
  override check(): void {
    if (this.unreceived < 0) violated('a UNIX socket was repaid more than it has sent');
    for (const message of this.queue) {
      if (message.start > message.bytes.length) violated('a message was read beyond its end');
      if (message.from.unreceived < message.cost) violated('a message in a queue is not charged to its sender');
    }
  }

  protected override release(): void {
    this.isDead = true;
    this.shut = SHUT_BOTH;
    if (this.ownsName) this.names.release(this.boundTo!, this);
    this.purge();
  }

  private repay(cost: number): void {
    this.unreceived -= cost;
    this.changed();
  }

  private takeName(name: string): number {
    this.boundTo = name;
    this.ownsName = true;
    this.names.add(name, this);
    return 0;
  }
}
