/** TCP sockets: what the system calls do with a connection. */

import { type SocketAddress, inetAddress } from '../addresses.js';
import { type ControlMessage, socketLevelError } from '../control.js';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
} from '../errno.js';
import {
  AF_UNSPEC,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SHUT_BOTH,
  SHUT_READ,
  SHUT_WRITE,
} from '../numbers.js';
import type { OpenFile } from '../open-file.js';
import type { Received } from '../socket.js';
import type { Segment } from './segment.js';
import { MOST_IN_SEGMENT } from './send-queue.js';
import { TcpConnection } from './tcp-connection.js';
import { SOL_TCP, TcpOptions } from './tcp-options.js';

/**
 * How far `connect` has come, beside the state of the protocol: a connection that was established in the background stays `connecting` until
 * the next `connect` returns 0 and takes note of it.
 */
type Phase = 'unconnected' | 'connecting' | 'connected' | 'disconnecting';

export class TcpSocket extends TcpConnection {
  private phase: Phase = 'unconnected';
  private backlog = 0;
  private readonly pending: TcpSocket[] = [];
  /** Connections of this listener whose handshake is not complete. */
  private readonly embryos = new Set<TcpSocket>();
  private readonly tcpOptions = new TcpOptions();

  override get isListening(): boolean {
    return this.state === 'LISTEN';
  }

  override get isConnecting(): boolean {
    return this.state === 'SYN_SENT' || this.state === 'SYN_RECEIVED';
  }

  protected override get mayBind(): boolean {
    return this.state === 'CLOSE';
  }

  override poll(): number {
    if (this.state === 'LISTEN') return this.pending.length > 0 ? POLLIN : 0;
    let state = 0;
    if (this.shut === SHUT_BOTH || this.state === 'CLOSE') state |= POLLHUP;
    if (this.isShutForReading) state |= POLLIN;
    if (!this.isConnecting) {
      if (this.incoming.length >= Math.max(1, this.options.lowWater)) state |= POLLIN;
      if (this.isShutForWriting || this.hasRoomToWrite) state |= POLLOUT;
    }
    if (this.error !== 0) state |= POLLERR;
    return state;
  }

  /** The bytes that the program has not read. */
  get unread(): number {
    return this.incoming.length;
  }

  /** The bytes that the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.outgoing.length;
  }

  /** True if a third of the send buffer is free. */
  private get hasRoomToWrite(): boolean {
    const used = this.outgoing.length;
    return this.options.sendBuffer - used >= used >> 1;
  }

  override peerName(): SocketAddress | number {
    return this.state === 'CLOSE' || this.state === 'SYN_SENT' ? -ENOTCONN : super.peerName();
  }

  // ---- Connections

  override connect(address: SocketAddress): number {
    if (address.family === AF_UNSPEC) {
      this.disconnect();
      this.phase = 'unconnected';
      return 0;
    }
    switch (this.phase) {
      case 'connected':
        return -EISCONN;
      case 'disconnecting':
        return -EINVAL;
      case 'connecting':
        return this.finishConnect(-EALREADY);
      case 'unconnected':
        return this.startConnect(address);
    }
  }

  private startConnect(address: SocketAddress): number {
    if (this.state !== 'CLOSE') return -EISCONN;
    const invalid = this.familyError(address);
    if (invalid < 0) return invalid;
    const destination = this.destination(address);
    if (typeof destination === 'number') return destination;
    const source = this.sourceFor(destination);
    if (this.hasPort) this.setLocalHost(source);
    else if (this.takePort({ host: source, port: 0 }) < 0) return -EADDRNOTAVAIL;
    this.remote = destination;
    if (!this.host.tcp.add(this)) return -EADDRNOTAVAIL;
    this.begin('SYN_SENT');
    this.phase = 'connecting';
    this.sendSyn();
    return -EINPROGRESS;
  }

  /** Returns `pending` while the handshake lasts, afterwards its outcome. */
  private finishConnect(pending: number): number {
    if (this.isConnecting) return pending;
    if (this.state !== 'CLOSE') {
      this.phase = 'connected';
      return 0;
    }
    const error = this.takeError();
    this.disconnect();
    this.phase = 'unconnected';
    return error < 0 ? error : -ECONNABORTED;
  }

  override listen(backlog: number): number {
    if (this.phase !== 'unconnected' || (this.state !== 'CLOSE' && this.state !== 'LISTEN')) return -EINVAL;
    this.backlog = backlog;
    if (this.state === 'LISTEN') return 0;
    if (!this.hasPort) {
      if (this.takePort({ host: this.local.host, port: 0 }) < 0) return -EADDRINUSE;
    } else if (this.host.tcp.ports.choose(this, this.local) < 0) {
      return -EADDRINUSE;
    }
    this.state = 'LISTEN';
    return 0;
  }

  override accept(): TcpSocket | number {
    if (this.state !== 'LISTEN') return -EINVAL;
    const child = this.pending.shift();
    if (child === undefined) return -EAGAIN;
    child.parent = null;
    return child;
  }

  /** The address of the peer of an accepted connection, even if that is over already. */
  get acceptedFrom(): SocketAddress {
    return inetAddress(this.family, this.remote!);
  }

  protected override answer(segment: Segment): void {
    // Without room in the queue the request is ignored, and the client repeats it.
    if (this.isQueueFull) return;
    const child = new TcpSocket(this.family, this.host);
    child.options.inherit(this.options);
    child.inetOptions.inherit(this.inetOptions);
    child.tcpOptions.inherit(this.tcpOptions);
    child.noDelay = this.noDelay;
    child.corked = this.corked;
    child.parent = this;
    child.phase = 'connected';
    child.remote = segment.from;
    child.sharePort(this, segment.to);
    this.host.tcp.add(child);
    this.embryos.add(child);
    child.begin('SYN_RECEIVED');
    child.receiveSegment(segment);
  }

  protected override admit(child: TcpSocket): boolean {
    if (this.isQueueFull) return false;
    this.embryos.delete(child);
    this.pending.push(child);
    this.changed();
    return true;
  }

  /** A queue for `n` connections takes n + 1. */
  private get isQueueFull(): boolean {
    return this.pending.length > this.backlog;
  }

  // ---- Bytes

  override send(
    bytes: Uint8Array,
    flags: number,
    _to: SocketAddress | null,
    _files: readonly OpenFile[],
    control: readonly ControlMessage[],
  ): number {
    if ((flags & MSG_OOB) !== 0) return -EOPNOTSUPP; // urgent data is absent
    if (this.state !== 'ESTABLISHED' && this.state !== 'CLOSE_WAIT') {
      if (this.error !== 0) return this.takeError();
      return this.isConnecting ? -EAGAIN : -EPIPE;
    }
    const wrong = socketLevelError(this.family, control);
    if (wrong < 0) return wrong;
    if (this.error !== 0) return this.takeError();
    if (this.isShutForWriting) return -EPIPE;
    let sent = 0;
    // Linux looks at the buffer before each segment, so the last one may exceed it.
    while (sent < bytes.length && this.outgoing.length < this.options.sendBuffer) {
      const part = bytes.subarray(sent, sent + MOST_IN_SEGMENT);
      this.enqueue(part);
      sent += part.length;
    }
    if (bytes.length === 0) return 0;
    this.holdsMore = (flags & MSG_MORE) !== 0;
    this.push();
    return sent === 0 ? -EAGAIN : sent;
  }

  override receive(into: Uint8Array, flags: number, _received: Received): number {
    if (this.state === 'LISTEN') return -ENOTCONN;
    if ((flags & MSG_OOB) !== 0) return -EINVAL;
    if (this.incoming.length > 0) {
      if ((flags & MSG_TRUNC) !== 0) return this.discard(into.length, flags);
      if ((flags & MSG_PEEK) !== 0) return this.incoming.peek(into);
      const count = this.incoming.shift(into);
      this.openWindow(into.subarray(0, count));
      return count;
    }
    if (this.peerHasEnded) return 0;
    if (this.error !== 0) return this.takeError();
    if (this.isShutForReading) return 0;
    return this.state === 'CLOSE' ? -ENOTCONN : -EAGAIN;
  }

  /** MSG_TRUNC: receives bytes without copying them. */
  private discard(most: number, flags: number): number {
    const count = Math.min(most, this.incoming.length);
    if ((flags & MSG_PEEK) === 0) this.openWindow(this.incoming.take(count));
    return count;
  }

  // ---- The end

  override shutdown(directions: number): number {
    if (this.phase === 'connecting') {
      this.phase = this.isConnecting || this.state === 'CLOSE' ? 'disconnecting' : 'connected';
    }
    if (this.state === 'SYN_SENT' || (this.state === 'LISTEN' && (directions & SHUT_READ) !== 0)) {
      this.disconnect();
      this.phase = 'unconnected';
      return 0;
    }
    if (this.state === 'LISTEN') return 0;
    this.shut |= directions;
    const result = this.state === 'CLOSE' ? -ENOTCONN : 0;
    if ((directions & SHUT_WRITE) !== 0) this.endStream();
    this.changed();
    return result;
  }

  protected override endStream(): void {
    if (this.state === 'ESTABLISHED') this.state = 'FIN_WAIT_1';
    else if (this.state === 'CLOSE_WAIT') this.state = 'LAST_ACK';
    else return;
    this.outgoing.end();
    this.push();
  }

  /** Ends whatever there is, and makes the socket fresh again. */
  private disconnect(): void {
    const before = this.state;
    if (before === 'LISTEN') this.stopListening();
    else if (before === 'SYN_SENT') this.finish();
    else if (before === 'CLOSING' || before === 'LAST_ACK') this.finish();
    else if (before !== 'CLOSE') this.abort();
    if (before !== 'LISTEN' && before !== 'CLOSE') this.error = ECONNRESET;
    this.outgoing.clear();
    this.incoming.clear();
    this.remote = null;
    this.giveHostUp();
    this.shut = 0;
    this.peerHasEnded = false;
    this.changed();
  }

  private stopListening(): void {
    this.state = 'CLOSE';
    for (const child of [...this.embryos, ...this.pending.splice(0)]) {
      child.isOrphan = true;
      if (child.state === 'CLOSE') child.finish();
      else child.abort();
    }
    this.embryos.clear();
    this.givePortUp();
  }

  protected override release(): void {
    this.isOrphan = true;
    const { incoming, options, remote } = this;
    const loses = incoming.length > 0;
    incoming.clear();
    if (remote !== null) this.host.tcp.journals.end(remote, this.local);
    if (this.state === 'LISTEN') this.stopListening();
    else if (this.state === 'SYN_SENT') this.finish();
    else if (this.state !== 'CLOSE') this.leave(loses || (options.lingers && options.lingerSeconds === 0));
    if (this.state === 'CLOSE') this.dropPort();
    this.shut = SHUT_BOTH;
  }

  /** @param resets true if bytes are lost: unread ones, or those that SO_LINGER with a time of 0 drops */
  private leave(resets: boolean): void {
    if (resets) {
      this.abort();
      return;
    }
    this.holdsMore = false;
    this.endStream();
    this.shut = SHUT_BOTH;
    if (this.state === 'FIN_WAIT_2') this.waitForPeer();
  }

  // ---- Options

  /** The largest SO_RCVLOWAT: more bytes may never be there. */
  get mostToWaitFor(): number {
    const { receiveBufferIsFixed, receiveBuffer } = this.options;
    return (receiveBufferIsFixed ? receiveBuffer : this.host.limits.tcpReceiveBufferMax) >> 1;
  }

  override protocolOption(level: number, option: number, value: number | null): number {
    if (level !== SOL_TCP) return super.protocolOption(level, option, value);
    const result = this.tcpOptions.call(option, value);
    this.noDelay = this.tcpOptions.noDelay;
    this.corked = this.tcpOptions.corked;
    if (value !== null) {
      this.holdsMore &&= !this.noDelay;
      this.push();
    }
    return result;
  }
}
