/** UNIX stream sockets. */

import type { SocketAddress } from '../addresses.js';
import { EAGAIN, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from '../errno.js';
import { Journal } from '../journal.js';
import type { Limits } from '../limits.js';
import { MSG_OOB, MSG_PEEK, SOCK_STREAM } from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import type { Received } from '../socket.js';
import { longestInStream, streamCost } from '../socket-memory.js';
import { ConnectedUnixSocket } from './connected.js';
import type { UnixNames } from './names.js';
import type { Message, UnixSocket } from './unix-socket.js';

/**
 * A stream keeps the messages that were sent, although the receiver does not see where one ends, because files belong to the bytes with
 * which they were sent.
 */
export class UnixStream extends ConnectedUnixSocket {
  /** What the peer has sent. */
  private readonly journal = new Journal('UNIX stream');

  constructor(names: UnixNames<UnixSocket>, limits: Limits) {
    super(SOCK_STREAM, names, limits);
  }

  protected override another(): UnixStream {
    return new UnixStream(this.names, this.limits);
  }

  override send(bytes: Uint8Array, flags: number, to: SocketAddress | null, files: readonly OpenFile[]): number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP;
    if (to !== null) return this.state === 'connected' ? -EISCONN : -EOPNOTSUPP;
    const peer = this.peer as UnixStream | null;
    if (peer === null) return -ENOTCONN;
    if (this.isShutForWriting) return -EPIPE;
    let sent = 0;
    while (sent < bytes.length) {
      const obstacle = this.obstacle(peer);
      if (obstacle < 0) return sent > 0 ? sent : obstacle;
      const part = bytes.subarray(sent, sent + longestInStream(this.options.sendBuffer));
      // Files go with the first message.
      this.deliver(peer, part, sent === 0 ? files : [], streamCost(part.length));
      peer.journal.sent(part);
      sent += part.length;
    }
    return sent;
  }

  private obstacle(peer: UnixStream): number {
    if (this.error !== 0) return this.takeError();
    if (this.isSendBufferFull) return -EAGAIN;
    return peer.isDead || peer.isShutForReading ? -EPIPE : 0;
  }

  override receive(into: Uint8Array, flags: number, received: Received): number {
    if (this.state !== 'connected') return -EINVAL;
    if ((flags & MSG_OOB) !== 0) return -EINVAL;
    const first = this.queue[0];
    if (first === undefined) {
      if (this.error !== 0) return this.takeError();
      return this.isShutForReading ? 0 : -EAGAIN;
    }
    if (first.from.boundName !== null) received.address = first.from.name();
    if ((flags & MSG_PEEK) !== 0) return this.peek(into, received);
    const copied = this.take(into, received);
    this.journal.received(into.subarray(0, copied));
    return copied;
  }

  /** Moves bytes out of the queue. Ends behind bytes with files, so that the receiver knows to which bytes they belong. */
  private take(into: Uint8Array, received: Received): number {
    let copied = 0;
    do {
      const message = this.queue[0];
      if (message === undefined) break;
      const count = copy(message, into, copied);
      copied += count;
      message.start += count;
      received.files.push(...message.files);
      message.files = [];
      if (message.start < message.bytes.length) break;
      this.removeFirst();
    } while (copied < into.length && received.files.length === 0);
    return copied;
  }

  private peek(into: Uint8Array, received: Received): number {
    let copied = 0;
    for (const message of this.queue) {
      copied += copy(message, into, copied);
      for (const file of message.files) {
        file.acquire();
        received.files.push(file);
      }
      if (copied === into.length || message.files.length > 0) break;
    }
    return copied;
  }
}

/** Copies the unread bytes of a message, as many as fit behind `at`. Returns their number. */
function copy(message: Message, into: Uint8Array, at: number): number {
  const part = message.bytes.subarray(message.start, message.start + into.length - at);
  into.set(part, at);
  return part.length;
}
