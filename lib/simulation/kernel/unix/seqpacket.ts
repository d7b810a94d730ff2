/** UNIX sequenced packets: connections that keep the boundaries of messages. */

import type { SocketAddress } from '../addresses.js';
import { EAGAIN, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPIPE } from '../errno.js';
import type { Limits } from '../limits.js';
import { MSG_OOB, MSG_PEEK, SOCK_SEQPACKET } from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import type { Received } from '../socket.js';
import { datagramCost } from '../socket-memory.js';
import { ConnectedUnixSocket } from './connected.js';
import { MESSAGE_OVERHEAD, copyMessage } from './messages.js';
import type { UnixNames } from './names.js';
import type { UnixSocket } from './unix-socket.js';

export class UnixSeqpacket extends ConnectedUnixSocket {
  constructor(names: UnixNames<UnixSocket>, limits: Limits) {
    super(SOCK_SEQPACKET, names, limits);
  }

  protected override another(): UnixSeqpacket {
    return new UnixSeqpacket(this.names, this.limits);
  }

  override get isStream(): boolean {
    return false;
  }

  override obstacleToMessage(): number {
    if (this.error !== 0) return this.takeError();
    return this.peer === null ? -ENOTCONN : 0;
  }

  /** An address is ignored. */
  override send(bytes: Uint8Array, flags: number, _to: SocketAddress | null, files: readonly OpenFile[]): number {
    const obstacle = this.obstacleToMessage();
    if (obstacle < 0) return obstacle;
    const peer = this.peer!;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (bytes.length > this.options.sendBuffer - MESSAGE_OVERHEAD) return -EMSGSIZE;
    if (this.isShutForWriting || peer.isDead) return -EPIPE;
    if (this.isSendBufferFull) return -EAGAIN;
    this.deliver(peer, bytes, files, datagramCost(bytes.length));
    return bytes.length;
  }

  override receive(into: Uint8Array, flags: number, received: Received): number {
    if (this.state !== 'connected') return -ENOTCONN;
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    const error = this.takeError();
    if (error < 0) return error;
    const message = this.queue[0];
    if (message === undefined) return this.isShutForReading ? 0 : -EAGAIN;
    const count = copyMessage(message, into, flags, received);
    if ((flags & MSG_PEEK) === 0) this.removeFirst();
    return count;
  }
}
