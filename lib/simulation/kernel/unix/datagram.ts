/** UNIX datagrams. They are reliable: a sender gets -EAGAIN while the receiver's queue is full. */

import { type SocketAddress, UNIX_NAME_OFFSET } from '../addresses.js';
import { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from '../errno.js';
import type { Limits } from '../limits.js';
import { AF_UNIX, AF_UNSPEC, MSG_OOB, MSG_PEEK, POLLOUT, SOCK_DGRAM } from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import type { Received } from '../socket.js';
import { datagramCost } from '../socket-memory.js';
import { MESSAGE_OVERHEAD, copyMessage } from './messages.js';
import type { UnixNames } from './names.js';
import { UnixSocket } from './unix-socket.js';

export class UnixDatagram extends UnixSocket {
  /** The sockets whose peer this one is. They must learn when its queue has room again. */
  private readonly senders = new Set<UnixDatagram>();

  constructor(names: UnixNames<UnixSocket>, limits: Limits) {
    super(SOCK_DGRAM, names, limits);
  }

  override poll(): number {
    const peer = this.peer as UnixDatagram | null;
    const blocked = peer !== null && peer.peer !== this && peer.isQueueFull;
    return this.commonPoll() & (blocked ? ~POLLOUT : ~0);
  }

  /** The limit is for strangers. Between two sockets that are each other's peers only the send buffers count. */
  private get isQueueFull(): boolean {
    return this.queue.length > this.limits.unixDatagrams;
  }

  override connect(address: SocketAddress): number {
    if (address.family === AF_UNSPEC) {
      this.setPeer(null);
      return 0;
    }
    const found = this.find(address);
    if (typeof found === 'number') return found;
    if (!found.accepts(this)) return -EPERM;
    this.setPeer(found);
    return 0;
  }

  /** Makes two sockets each other's peers. */
  pairWith(other: UnixDatagram): void {
    this.setPeer(other);
    other.setPeer(this);
  }

  override shutdown(directions: number): number {
    this.shut |= directions;
    this.changed();
    return 0;
  }

  override send(bytes: Uint8Array, flags: number, to: SocketAddress | null, files: readonly OpenFile[]): number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (to !== null && !isName(to)) return -EINVAL;
    if (bytes.length > this.options.sendBuffer - MESSAGE_OVERHEAD) return -EMSGSIZE;
    if (this.error !== 0) return this.takeError();
    if (this.isShutForWriting) return -EPIPE;
    if (this.isSendBufferFull) return -EAGAIN;
    const receiver = to === null ? ((this.peer as UnixDatagram | null) ?? -ENOTCONN) : this.find(to);
    if (typeof receiver === 'number') return receiver;
    const obstacle = this.obstacle(receiver);
    if (obstacle < 0) return obstacle;
    this.deliver(receiver, bytes, files, datagramCost(bytes.length));
    return bytes.length;
  }

  override receive(into: Uint8Array, flags: number, received: Received): number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (this.error !== 0) return this.takeError();
    const message = this.queue[0];
    if (message === undefined) return -EAGAIN;
    const count = copyMessage(message, into, flags, received);
    if ((flags & MSG_PEEK) === 0) {
      this.removeFirst();
      this.wakeSenders();
    }
    return count;
  }

  protected override release(): void {
    (this.peer as UnixDatagram | null)?.senders.delete(this);
    this.peer = null;
    super.release();
    this.wakeSenders();
  }

  private obstacle(receiver: UnixDatagram): number {
    if (!receiver.accepts(this)) return -EPERM;
    if (receiver.isDead) {
      this.setPeer(null);
      return -ECONNREFUSED;
    }
    if (receiver.isShutForReading) return -EPIPE;
    return receiver !== this && receiver.peer !== this && receiver.isQueueFull ? -EAGAIN : 0;
  }

  /** A connected socket takes datagrams of its peer only. */
  private accepts(sender: UnixDatagram): boolean {
    return this.peer === null || this.peer === sender;
  }

  private find(address: SocketAddress): UnixDatagram | number {
    return isName(address) ? (this.names.find(address.path, this.type) as UnixDatagram | number) : -EINVAL;
  }

  /** A socket that gets another peer drops what it has received, and the former peer, if it was connected back, gets ECONNRESET. */
  private setPeer(peer: UnixDatagram | null): void {
    const former = this.peer as UnixDatagram | null;
    if (former === peer) return;
    this.peer = peer;
    former?.senders.delete(this);
    peer?.senders.add(this);
    if (former !== null && this.queue.length > 0) {
      this.purge();
      if (!former.isDead && former.peer === this) former.error = ECONNRESET; // it is among the senders woken below
    }
    this.changed();
    this.wakeSenders();
  }

  private wakeSenders(): void {
    for (const sender of this.senders) sender.changed();
  }
}

const isName = (address: SocketAddress): boolean => address.family === AF_UNIX && address.size > UNIX_NAME_OFFSET;
