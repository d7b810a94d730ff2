/**
 * The transport of a datagram socket, connected or not: UDP, UNIX datagrams, and the records of SOCK_SEQPACKET.
 *
 * Unlike a stream it survives errors: that one datagram could not be sent, or that a peer has refused one, says nothing about the
 * others. The protocol is told by `errorReceived`, and goes on. Records of a SEQPACKET connection do end.
 */

import { OSError, isFatal, outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { TimedHandle } from '../loop/handle.js';
import { errorTarget, toNativeAddress } from '../sockets/address.js';
import { checkBytes } from '../sockets/arguments.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import { AF_UNIX, type Address, SOCK_SEQPACKET, type Socket } from '../sockets/index.js';
import { BaseTransport, type DatagramProtocol, type SocketInfo } from '../transports/contract.js';
import { OpenTransport } from '../transports/open-transports.js';
import type { StreamTransportOptions } from '../transports/stream-transport.js';
import { type WriteBufferLimits, Watermarks } from '../transports/watermarks.js';
import { DatagramQueue } from './datagram-queue.js';
import { SocketWatch } from './socket-watch.js';

/** A UNIX socket is writable, and full all the same, while the receiver does not read: there is nothing to wait for but time. */
const FULL_RECEIVER_MS = 5;

const enum State {
  Open,
  Closing,
  Lost,
  Closed,
}

/** Sends and receives datagrams for a protocol. `createDatagramEndpoint` makes it. */
export class DatagramTransport extends BaseTransport {
  private state = State.Open;
  private protocol: DatagramProtocol | null;
  private readonly info: Readonly<Record<keyof SocketInfo, unknown>>;
  private readonly queue = new DatagramQueue();
  private readonly limits = new Watermarks();
  private readonly reader: SocketWatch;
  private readonly writer: SocketWatch;
  private readonly record: OpenTransport;
  private retry: TimedHandle | null = null;

  /** @internal */
  constructor(
    private readonly loop: LoopCore,
    private readonly socket: Socket,
    protocol: DatagramProtocol,
    private readonly peer: Address | null,
    options: StreamTransportOptions,
  ) {
    super();
    this.info = { socket, sockname: socket.getsockname(), peername: peer };
    const onClosed = (): void => this.lose(new OSError(EBADF, 'recvfrom'));
    this.reader = new SocketWatch(loop, socket, 'reader', () => this.receive(), onClosed);
    this.writer = new SocketWatch(loop, socket, 'writer', () => this.flush(), onClosed);
    this.record = new OpenTransport(loop, socket, 'DatagramTransport', null);
    this.record.open(this);
    this.protocol = protocol;
    loop.callSoon(() => this.begin(options.onStarted));
  }

  override getExtraInfo<Name extends keyof SocketInfo>(name: Name): SocketInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    return (Object.hasOwn(this.info, name) ? this.info[name as keyof SocketInfo] : null) ?? fallback;
  }

  /**
   * Sends one datagram, perhaps empty, without waiting: one that the kernel does not take at once is copied and sent later. What
   * is sent after `close()` is dropped.
   *
   * @param address where to; null, the default, for the peer that the endpoint is connected to
   * @throws TypeError for anything but a Buffer or Uint8Array, and without an address where one is needed; RangeError for another
   *   address than the peer's on a connected endpoint. What the kernel refuses goes to `errorReceived`
   */
  sendTo(data: Uint8Array, address: Address | null = null): void {
    checkBytes('sendTo: data', data);
    this.checkAddress(address);
    if (this.state !== State.Open) return;
    const to = this.peer === null ? address : null;
    if (this.queue.size === 0 && this.send(data, to)) return;
    this.queue.push(data, to);
    this.waitForRoom();
    this.maybePause();
  }

  /** How many bytes wait to be sent, and 8 more for each datagram. */
  getWriteBufferSize(): number {
    return this.queue.size;
  }

  /** The watermarks, in bytes. */
  getWriteBufferLimits(): { low: number; high: number } {
    const { low, high } = this.limits;
    return { low, high };
  }

  /** Sets the watermarks, as those of a stream. RangeError unless 0 <= low <= high. */
  setWriteBufferLimits(limits: WriteBufferLimits = {}): void {
    this.limits.set(limits);
    this.maybePause();
  }

  override isClosing(): boolean {
    return this.state !== State.Open;
  }

  override close(): void {
    if (this.state !== State.Open) return;
    this.state = State.Closing;
    this.reader.disarm();
    this.record.closing();
    if (this.queue.size === 0) this.lose(null);
  }

  override abort(): void {
    this.lose(null);
  }

  override toString(): string {
    const state = ['', ' closing', ' closing', ' closed'][this.state]!;
    return `<DatagramTransport${state} fd=${this.record.fd} bufsize=${this.queue.size}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  private begin(onStarted: StreamTransportOptions['onStarted']): void {
    let failure: { error: unknown } | null = null;
    try {
      this.protocol?.connectionMade?.(this);
      if (this.state === State.Open) this.reader.arm();
    } catch (error) {
      failure = { error };
      this.lose(error);
    }
    onStarted?.(failure);
  }

  private receive(): void {
    const received = this.socket.recvWholeEx();
    if (received === EAGAIN) return;
    if (typeof received === 'number') {
      this.complain(new OSError(received, 'recvfrom'));
      return;
    }
    const { data, address } = received;
    if (data.length === 0 && this.socket.type === SOCK_SEQPACKET) {
      this.close(); // the peer has closed; an empty record looks the same, and would keep us here for ever
      return;
    }
    try {
      this.protocol?.datagramReceived(data, address);
    } catch (error) {
      this.report('protocol.datagramReceived() failed', error);
    }
  }

  /** One try. True unless the kernel has no room for it: a datagram that it refuses is done with as well. */
  private send(data: Uint8Array, to: Address | null): boolean {
    const sent = to === null ? this.socket.sendEx(data, 0, data.length) : this.socket.sendToEx(data, to);
    if (sent === EAGAIN) return false;
    if (sent < 0) this.complain(new OSError(sent, 'sendto', errorTarget(to ?? this.peer!)));
    return true;
  }

  private flush(): void {
    let sent = 0;
    for (let next; (next = this.queue.first()) !== undefined; sent += 1) {
      if (!this.send(next.data, next.to)) break;
      if (this.state >= State.Lost) return; // errorReceived has aborted it
      this.queue.dropFirst();
    }
    this.maybeResume();
    if (this.state >= State.Lost) return;
    if (this.queue.size > 0) {
      if (sent === 0) this.pauseForReceiver();
      return;
    }
    this.writer.disarm();
    if (this.state === State.Closing) this.lose(null);
  }

  private waitForRoom(): void {
    if (this.retry !== null) return;
    try {
      this.writer.arm();
    } catch (error) {
      this.lose(error);
    }
  }

  /** Writable and full: its own queue has room, the receiver's has not. */
  private pauseForReceiver(): void {
    if (this.socket.family !== AF_UNIX) return;
    this.writer.disarm();
    this.retry = this.loop.callLater(FULL_RECEIVER_MS, () => {
      this.retry = null;
      this.flush();
      if (this.queue.size > 0 && this.state < State.Lost) this.waitForRoom();
    });
  }

  private maybePause(): void {
    const { limits, queue } = this;
    if (limits.paused || queue.size <= limits.high || this.state !== State.Open) return;
    limits.paused = true;
    this.tell('pauseWriting');
  }

  private maybeResume(): void {
    const { limits, queue } = this;
    if (!limits.paused || queue.size > limits.low) return;
    limits.paused = false;
    this.tell('resumeWriting');
  }

  private tell(method: 'pauseWriting' | 'resumeWriting'): void {
    try {
      this.protocol?.[method]?.();
    } catch (error) {
      this.report(`protocol.${method}() failed`, error);
    }
  }

  /** Something went wrong with one datagram. */
  private complain(error: OSError): void {
    try {
      this.protocol?.errorReceived?.(error);
    } catch (thrown) {
      this.report('protocol.errorReceived() failed', thrown);
    }
  }

  private lose(error: unknown): void {
    if (this.state >= State.Lost) return;
    this.state = State.Lost;
    this.reader.disarm();
    this.writer.disarm();
    this.retry?.cancel();
    this.queue.clear();
    this.record.closing();
    if (this.loop.isClosed()) this.release();
    else this.loop.callSoon(() => this.finish(error));
  }

  private finish(error: unknown): void {
    try {
      this.protocol?.connectionLost?.(error);
    } finally {
      this.release();
    }
  }

  private release(): void {
    this.state = State.Closed;
    this.protocol = null;
    this.record.closed();
    this.socket.close();
  }

  private checkAddress(address: Address | null): void {
    const { peer, socket } = this;
    if (address === null) {
      if (peer === null) throw wrongType('sendTo: address', 'an address (the endpoint is not connected)', address);
      return;
    }
    toNativeAddress(address, socket.family);
    if (peer !== null && !sameAddress(address, peer))
      throw outOfRange(
        'sendTo: address',
        `null or the peer's address ${JSON.stringify(peer)}`,
        JSON.stringify(address),
      );
  }

  private report(message: string, exception: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol } = this;
    this.loop.callExceptionHandler({ message, exception, transport: this, protocol });
  }
}

function sameAddress(a: Address, b: Address): boolean {
  if ('path' in a || 'path' in b) return 'path' in a && 'path' in b && a.path === b.path;
  return a.host === b.host && a.port === b.port;
}
