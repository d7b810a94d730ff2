/** The protocol of TCP: the states of a connection, and what it does with each segment (RFC 9293, figure 5). */

import { ByteQueue } from '../byte-queue.js';
import { violated } from '../checks.js';
import { ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT } from '../errno.js';
import { Journal } from '../journal.js';
import type { Limits } from '../limits.js';
import { IPPROTO_TCP, SHUT_BOTH, SHUT_READ, SOCK_STREAM } from '../numbers.js';
import { type Clock, NANOSECONDS_PER_SECOND } from '../../time/clock.js';
import type { ScheduledEvent } from '../../time/event-queue.js';
import { type AddressBook, InetSocket } from './inet-socket.js';
import { type Segment, makeSegment } from './segment.js';
import { MOST_IN_SEGMENT, SendQueue } from './send-queue.js';
import type { SegmentReceiver, TcpStack } from './tcp-stack.js';

export type TcpState =
  | 'CLOSE'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSING'
  | 'CLOSE_WAIT'
  | 'LAST_ACK';

/** What a TCP socket needs of its host. */
export interface TcpHost extends AddressBook {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly tcp: TcpStack;
}

/** SYN is sent again after 1, 2, 4, 8, 16 and 32 seconds; the attempt fails after 127. */
const MOST_SYNS = 7;
const LONGEST_HOLD_NS = 200_000_000;
/** TIME_WAIT: how long the port of the end that has closed first stays in use. */
const TIME_WAIT_NS = 60 * NANOSECONDS_PER_SECOND;
/** How long a closed socket waits for the FIN of its peer. */
const ORPHAN_SECONDS = 60;

/**
 * A connection. TIME_WAIT is not among the states: as in Linux, the socket itself is closed then, and only its port stays in use.
 */
export abstract class TcpConnection extends InetSocket implements SegmentReceiver {
  state: TcpState = 'CLOSE';
  /** The listener that a connection belongs to until it is accepted. */
  parent: TcpConnection | null = null;
  protected readonly outgoing = new SendQueue();
  protected readonly incoming = new ByteQueue();
  /** FIN has arrived: the end of the stream is known, whatever happens later. */
  protected peerHasEnded = false;
  /** True after the last descriptor was closed; the connection ends on its own then. */
  protected isOrphan = false;
  /** TCP_NODELAY and TCP_CORK. */
  protected noDelay = false;
  protected corked = false;
  /** MSG_MORE: the rest of the last send waits for the next one. */
  protected holdsMore = false;
  /** The position of the next byte to receive, and the end of the window that the peer knows. */
  private expected = 0;
  private windowEnd = 0;
  private timer: ScheduledEvent | null = null;
  private holdTimer: ScheduledEvent | null = null;
  private syns = 0;
  private sentJournal = new Journal('TCP connection');
  private receivedJournal: Journal | null = null;

  constructor(
    family: number,
    protected readonly host: TcpHost,
  ) {
    super(family, SOCK_STREAM, IPPROTO_TCP, host, host.tcp.ports, host.limits);
    this.options.sendBuffer = host.limits.tcpSendBuffer;
    this.options.receiveBuffer = host.limits.tcpReceiveBuffer;
  }

  /** A listener gets a request for a connection. */
  protected abstract answer(segment: Segment): void;
  /** Sends FIN behind the last byte. */
  protected abstract endStream(): void;
  /** Puts a connection into the queue of its listener. False if that is full. */
  protected abstract admit(child: TcpConnection): boolean;

  // ---- Segments that arrive

  receiveSegment(segment: Segment): void {
    if (segment.rst) this.reset();
    else if (this.state === 'LISTEN') this.answer(segment);
    else if (segment.syn) this.shakeHands(segment);
    else if (this.state !== 'SYN_RECEIVED' || this.complete()) this.receiveInOrder(segment);
  }

  private shakeHands(segment: Segment): void {
    this.outgoing.acknowledge(0, segment.window);
    if (segment.ack && (this.state === 'SYN_SENT' || this.state === 'SYN_RECEIVED')) this.establish();
    else if (this.state === 'SYN_SENT') this.state = 'SYN_RECEIVED'; // both ends have called at the same time
    if (this.state === 'SYN_RECEIVED') this.emit({ syn: true, ack: true, window: this.window() });
    else this.acknowledge();
  }

  /** Ends the handshake of a server's connection. False if the connection cannot be accepted now. */
  private complete(): boolean {
    if (this.parent !== null && !this.parent.admit(this)) return false;
    this.establish();
    return true;
  }

  private receiveInOrder(segment: Segment): void {
    const isNews = this.outgoing.acknowledge(segment.acknowledged, segment.window);
    if (this.outgoing.finIsAcknowledged) this.finAcknowledged();
    if (segment.bytes.length > 0 && !this.receiveBytes(segment)) return;
    if (segment.fin) this.receiveFin();
    if (segment.bytes.length > 0 || segment.fin) this.acknowledge();
    // The peer's FIN after ours is the end; its acknowledgement had to be sent first.
    if (segment.fin && this.state === 'FIN_WAIT_2') this.finish(TIME_WAIT_NS);
    // MSG_MORE is a hint for one moment: the next segment that may have opened the window ends it.
    if (isNews || segment.fin || segment.bytes.length === 0) this.holdsMore = false;
    this.push();
    this.changed();
  }

  /** Returns false if the bytes came too late: the program will not read them, so the peer must learn that they are lost. */
  private receiveBytes({ bytes, sequence }: Segment): boolean {
    if (this.isShutForReading && (this.state === 'FIN_WAIT_1' || this.state === 'FIN_WAIT_2')) {
      this.abort();
      this.error = ECONNRESET;
      return false;
    }
    if (sequence !== this.expected) violated(`a segment of byte ${sequence} has arrived instead of ${this.expected}`);
    this.incoming.adopt(bytes);
    this.expected += bytes.length;
    return true;
  }

  private receiveFin(): void {
    this.expected += 1;
    this.peerHasEnded = true;
    this.shut |= SHUT_READ;
    if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
    else if (this.state === 'FIN_WAIT_1') this.state = 'CLOSING';
  }

  private finAcknowledged(): void {
    if (this.state === 'FIN_WAIT_1') {
      this.state = 'FIN_WAIT_2';
      if (this.isOrphan) this.waitForPeer();
    } else if (this.state === 'CLOSING') {
      this.finish(TIME_WAIT_NS);
    } else if (this.state === 'LAST_ACK') {
      this.finish();
    }
  }

  private reset(): void {
    if (this.state === 'CLOSE' || this.state === 'LISTEN') return;
    if (this.state === 'SYN_SENT') this.error = ECONNREFUSED;
    else this.error = this.state === 'CLOSE_WAIT' ? EPIPE : ECONNRESET;
    this.outgoing.clear();
    this.finish();
  }

  // ---- Segments that are sent

  protected emit(fields: Partial<Segment>): void {
    this.host.tcp.send(makeSegment({ from: this.local, to: this.remote! }, fields));
  }

  /** Sends what may be sent now. */
  protected push(): void {
    if (this.state === 'CLOSE' || this.state === 'SYN_SENT' || this.state === 'SYN_RECEIVED') return;
    for (;;) {
      // Nagle's algorithm: one segment that is not full may be in flight, not two.
      const nagle = !this.noDelay && this.outgoing.inFlight > 0;
      const part = this.outgoing.take(this.corked || this.holdsMore || nagle);
      if (part === null) break;
      this.emit({ ...part, ack: true, acknowledged: this.expected, window: this.window() });
    }
    this.limitHold();
  }

  /** Bytes that TCP_CORK or MSG_MORE holds back leave after 200 ms at the latest. */
  private limitHold(): void {
    if (this.holdTimer !== null || this.outgoing.unsentLength === 0 || !(this.corked || this.holdsMore)) return;
    this.holdTimer = this.host.clock.after(LONGEST_HOLD_NS, () => {
      this.holdTimer = null;
      const part = this.state === 'CLOSE' ? null : this.outgoing.take(false);
      if (part !== null) this.emit({ ...part, ack: true, acknowledged: this.expected, window: this.window() });
    });
  }

  /** Records bytes that the program has sent. */
  protected enqueue(bytes: Uint8Array): void {
    this.outgoing.put(bytes);
    this.sentJournal.sent(bytes);
  }

  private acknowledge(): void {
    const { position } = this.outgoing;
    this.emit({ ack: true, sequence: position, acknowledged: this.expected, window: this.window() });
  }

  /** The bytes that the peer may send. Half of the receive buffer is for the kernel's bookkeeping. A window never shrinks. */
  private window(): number {
    const room = this.roomToReceive;
    this.windowEnd = Math.max(this.windowEnd, this.expected + room);
    return this.windowEnd - this.expected;
  }

  private get roomToReceive(): number {
    return Math.max(0, (this.options.receiveBuffer >> 1) - this.incoming.length);
  }

  /** After a read: opens the window again, if it was small and is now twice as large. Smaller steps would make smaller segments. */
  protected openWindow(bytes: Uint8Array): void {
    this.receivedJournal?.received(bytes);
    const known = this.windowEnd - this.expected;
    const isSmall = known * 2 <= this.options.receiveBuffer >> 1;
    if (this.state !== 'CLOSE' && isSmall && this.roomToReceive >= Math.max(1, 2 * known)) this.acknowledge();
  }

  /** Sends SYN, again and again until it is answered. */
  protected sendSyn(): void {
    if (this.syns === MOST_SYNS) {
      this.error = ETIMEDOUT;
      this.finish();
      return;
    }
    this.emit({ syn: true, window: this.window() });
    this.timer = this.host.clock.after(NANOSECONDS_PER_SECOND * 2 ** this.syns, () => this.sendSyn());
    this.syns += 1;
  }

  /** No byte is sent or received that has no room: an overfull buffer would be a window that was ignored. */
  override check(): void {
    const { sendBuffer, sendBufferIsFixed } = this.options;
    if (!sendBufferIsFixed && this.outgoing.length > sendBuffer + MOST_IN_SEGMENT)
      violated('a send buffer is too full');
    if (this.expected > Math.max(this.windowEnd, 0) + 1) violated('bytes have arrived behind the end of the window');
  }

  // ---- Beginning and end

  /** Prepares for a connection to `remote`. */
  protected begin(state: TcpState): void {
    this.outgoing.restart();
    this.incoming.clear();
    this.expected = this.windowEnd = this.syns = 0;
    this.peerHasEnded = false;
    this.error = 0;
    this.sentJournal = this.host.tcp.journals.start(this.local, this.remote!);
    this.state = state;
  }

  private establish(): void {
    this.timer?.cancel();
    const wasCalled = this.state === 'SYN_RECEIVED';
    this.state = 'ESTABLISHED';
    // A socket that called itself, or was called while it called, may have been shut down before.
    if (wasCalled && this.isShutForWriting) this.endStream();
    this.receivedJournal = this.host.tcp.journals.of(this.remote!, this.local);
    if (!this.options.sendBufferIsFixed) this.options.sendBuffer = this.host.limits.tcpTunedSendBuffer;
    this.changed();
  }

  protected waitForPeer(): void {
    this.timer = this.host.clock.after(ORPHAN_SECONDS * NANOSECONDS_PER_SECOND, () => this.finish());
  }

  /** Resets the connection: the peer gets ECONNRESET. */
  protected abort(): void {
    this.emit({ rst: true });
    this.outgoing.clear();
    this.finish();
  }

  /** The connection is over. What was received can still be read. @param lingerNs how long its port stays in use */
  protected finish(lingerNs = 0): void {
    this.timer?.cancel();
    this.holdTimer?.cancel();
    this.holdTimer = null;
    this.host.tcp.remove(this);
    this.state = 'CLOSE';
    this.shut = SHUT_BOTH;
    this.parent = null;
    if (lingerNs > 0) this.host.tcp.ports.linger(this, lingerNs);
    if (this.isOrphan) this.dropPort();
    else this.givePortUp();
    this.changed();
  }
}
