/** UNIX sockets with connections: what streams and sequenced packets have in common. */

import { type SocketAddress, UNIX_NAME_OFFSET } from '../addresses.js';
import { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN } from '../errno.js';
import { AF_UNIX, POLLHUP, POLLIN, SHUT_BOTH, SHUT_READ, SHUT_WRITE } from '../numbers.js';
import { UnixSocket } from './unix-socket.js';

type State = 'fresh' | 'listening' | 'connected';

/**
 * A connection is complete when `connect` returns: the other end exists already, in the queue of the listener, and can be written to before
 * it is accepted.
 */
export abstract class ConnectedUnixSocket extends UnixSocket {
  protected state: State = 'fresh';
  private backlog = 0;
  private readonly pending: ConnectedUnixSocket[] = [];

  /** Returns an unconnected socket of the same type. */
  protected abstract another(): ConnectedUnixSocket;

  override get isListening(): boolean {
    return this.state === 'listening';
  }

  override poll(): number {
    const unconnected = this.state === 'fresh' ? POLLHUP : 0;
    return this.commonPoll() | unconnected | (this.pending.length > 0 ? POLLIN : 0);
  }

  override listen(backlog: number): number {
    if (this.boundTo === null || this.state === 'connected') return -EINVAL;
    this.backlog = backlog;
    this.state = 'listening';
    return 0;
  }

  override connect(address: SocketAddress): number {
    if (address.size <= UNIX_NAME_OFFSET || address.family !== AF_UNIX) return -EINVAL;
    const found = this.names.find(address.path, this.type);
    if (typeof found === 'number') return found;
    if (!(found instanceof ConnectedUnixSocket) || found.state !== 'listening') return -ECONNREFUSED;
    if (found.isShutForReading) return -ECONNREFUSED;
    // A queue for `n` connections takes n + 1, as everywhere in Linux.
    if (found.pending.length > found.backlog) return -EAGAIN;
    if (this.state !== 'fresh') return this.state === 'connected' ? -EISCONN : -EINVAL;
    const other = found.another();
    other.options.inherit(found.options);
    other.boundTo = found.boundTo;
    this.pairWith(other);
    found.pending.push(other);
    found.changed();
    return 0;
  }

  override accept(): ConnectedUnixSocket | number {
    if (this.state !== 'listening') return -EINVAL;
    const error = this.takeError();
    if (error < 0) return error;
    return this.pending.shift() ?? -EAGAIN;
  }

  /** Connects two fresh sockets. */
  pairWith(other: ConnectedUnixSocket): void {
    this.peer = other;
    other.peer = this;
    this.state = other.state = 'connected';
  }

  /** What one end stops reading, the other end can no longer write. */
  override shutdown(directions: number): number {
    this.shut |= directions;
    const peer = this.peer as ConnectedUnixSocket | null;
    if (peer !== null) {
      if ((directions & SHUT_READ) !== 0) peer.shut |= SHUT_WRITE;
      if ((directions & SHUT_WRITE) !== 0) peer.shut |= SHUT_READ;
      peer.changed();
    }
    this.changed();
    return 0;
  }

  /** The peer learns that bytes were lost: unread ones, or a connection that was never accepted. */
  protected override release(): void {
    // An empty message in front is none: it may be what urgent data leaves behind.
    const [first] = this.queue;
    const lost = this.queue.length > 1 || (first !== undefined && first.bytes.length > 0);
    super.release();
    this.leavePeer(lost);
    for (const other of this.pending.splice(0)) {
      other.isDead = true;
      other.shut = SHUT_BOTH;
      other.purge();
      other.leavePeer(true);
    }
  }

  private leavePeer(lost: boolean): void {
    const peer = this.peer as ConnectedUnixSocket | null;
    this.peer = null;
    if (peer === null || peer.isDead) return;
    peer.shut = SHUT_BOTH;
    if (lost) peer.error = ECONNRESET;
    peer.changed();
  }
}
