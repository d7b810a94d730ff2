/**
 * The transport of a datagram socket, connected or not: UDP, UNIX datagrams, and the records of SOCK_SEQPACKET.
 *
 * Unlike a stream transport it survives errors: the failure of one datagram, or its refusal by a peer, does not affect the following
 * ones. The protocol is notified through `errorReceived`, and the transport stays open. Only a SEQPACKET connection has an EOF, which
 * closes the transport.
 */

import { InvalidStateError, OSError, outOfRange, refuseCallback, wrongType } from '../errors/index.js';
import type { BatchedEndpoint } from '../loop/io-batch.js';
import type { Direction } from '../loop/descriptor-registry.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Watched, Watcher } from '../loop/watcher.js';
import { errorTarget, sameAddress, toNativeAddress } from '../sockets/address.js';
import { inspect } from '../platform/describe.js';
import { checkBytes } from '../sockets/arguments.js';
import { checkName } from '../transports/arguments.js';
import { EAGAIN, EBADF } from '../sockets/errno.js';
import { AF_UNIX, type Address, type ReceivedFrom, SOCK_SEQPACKET, type Socket } from '../sockets/index.js';
import { Coroutine } from '../tasks/index.js';
import { ConnectionLife, type ManagedTransport, type StartOptions } from '../transports/connection.js';
import { type AbortOptions, BaseTransport, type DatagramProtocol, type SocketInfo } from '../transports/contract.js';
import { OpenTransport } from '../transports/open-transports.js';
import { wantsReset } from '../transports/reset.js';
import type { WriteBufferLimits } from '../transports/watermarks.js';
import { DatagramQueue } from './datagram-queue.js';

/** The pause before resending to a full receiver, in milliseconds. A UNIX socket is reported as writable then, so no event helps. */
const FULL_RECEIVER_MS = 5;

const wording = {
  name: 'DatagramTransport',
  words: 'datagram transport',
  lateWrite: 'sendTo() on a datagram transport that is closed',
};

/** Sends and receives datagrams for a protocol. Made by `createDatagramEndpoint`. */
export class DatagramTransport
  extends BaseTransport
  implements Watched, BatchedEndpoint, ManagedTransport<DatagramProtocol>
{
  private readonly life: ConnectionLife<DatagramProtocol>;
  private readonly info: Readonly<Record<keyof SocketInfo, unknown>>;
  private readonly queue = new DatagramQueue();
  private readonly reader: Watcher;
  private readonly writer: Watcher;
  private readonly record: OpenTransport;
  private retry: TimedHandle | null = null;

  /** @internal Use `createDatagramEndpoint`. */
  constructor(
    private readonly loop: LoopCore,
    private readonly socket: Socket,
    protocol: DatagramProtocol,
    private readonly peer: Address | null,
    options: StartOptions,
  ) {
    super();
    this.info = { socket, sockname: socket.getsockname(), peername: peer };
    this.life = new ConnectionLife(loop, this, wording, protocol);
    this.reader = new Watcher(loop, socket, 'reader', this, this.life);
    this.writer = new Watcher(loop, socket, 'writer', this, this.life);
    this.record = new OpenTransport(loop, socket, wording.name, null);
    this.record.open(this);
    this.life.open(options);
  }

  /** The local address of the socket. InvalidStateError once the endpoint is closed. */
  get address(): Address {
    if (this.socket.fileno() < 0) throw new InvalidStateError(`${this.toString()} has no address: it is closed`);
    return this.socket.getsockname();
  }

  /**
   * The local port: the one that the kernel chose, if the endpoint was made with port 0. An endpoint made with `family` alone has port 0 until
   * it has sent something.
   *
   * @throws InvalidStateError for a UNIX socket, which has no port, and once the endpoint is closed
   */
  get port(): number {
    this.sendDeferred(); // the kernel chooses the port of an unbound socket when it sends
    const { address } = this;
    if ('port' in address) return address.port;
    throw new InvalidStateError(`${this.toString()} has no port: its address is ${inspect(address)}`);
  }

  override getExtraInfo<Name extends keyof SocketInfo>(name: Name): SocketInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    checkName('getExtraInfo: name', name);
    this.sendDeferred(); // the caller may use the socket
    return (Object.hasOwn(this.info, name) ? this.info[name as keyof SocketInfo] : null) ?? fallback;
  }

  /**
   * Sends one datagram, which may be empty, without waiting. A datagram that the kernel does not accept immediately is copied and sent
   * later. Datagrams sent after `close()` are dropped. Errors of the kernel go to `errorReceived`.
   *
   * @param address the receiver; null, the default, for the peer of a connected endpoint
   * @throws TypeError for anything but a Buffer or Uint8Array, and if the address is missing on an unconnected endpoint; RangeError for
   *   an address other than the peer's on a connected endpoint
   */
  sendTo(data: Uint8Array, address: Address | null = null): void {
    checkBytes('sendTo: data', data);
    this.checkAddress(address);
    if (!this.life.acceptsWrites) return;
    const to = this.peer === null ? address : null;
    if (this.queue.size > 0) this.enqueue(data, to);
    else if (this.loop._batch?.datagrams.defer(this, data, to) !== true && !this.sendNow(data, to))
      this.enqueue(data, to);
  }

  /** Returns the number of queued bytes, plus 8 for each datagram. */
  getWriteBufferSize(): number {
    this.sendDeferred();
    return this.queue.size;
  }

  /** Returns the watermarks, in bytes. */
  getWriteBufferLimits(): { low: number; high: number } {
    const { low, high } = this.life.limits;
    return { low, high };
  }

  /** Sets the watermarks, in bytes, as for a stream. RangeError unless 0 <= low <= high. */
  setWriteBufferLimits(limits: WriteBufferLimits = {}): void {
    this.life.setLimits(limits);
    this.life.checkPause(this.queue.size);
  }

  // --- The life of the endpoint -------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return !this.life.acceptsWrites;
  }

  override close(): void;
  override close(callback?: unknown): void {
    refuseCallback('DatagramTransport.close', callback, 'the method connectionLost of the protocol');
    this.sendDeferred();
    this.life.close(this.queue.size);
  }

  override abort(options?: AbortOptions): void {
    wantsReset(options); // datagrams have no connection that could be reset
    this.sendDeferred();
    this.life.loseSoon(null);
  }

  /** Closes the transport gracefully and waits until `connectionLost` has been called and the socket is closed. */
  override [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return new Coroutine(this.life.whenClosed(), 'DatagramTransport.asyncDispose');
  }

  override toString(): string {
    return `<${this.life.describe()} fd=${this.record.fd} bufsize=${this.queue.size}>`;
  }

  /** @internal Does nothing: `receive` reads the current protocol from the connection's state for each datagram. */
  _useProtocol(): void {}

  /** @internal Starts receiving when the connection opens. */
  _startReceiving(): void {
    this.reader.arm();
  }

  /** @internal Stops receiving when the connection closes. Other code may then wait on the socket. */
  _stopReceiving(): void {
    this.reader.disarm();
    this.record.releaseClaim();
  }

  /** @internal Returns true, because a datagram socket has no stream to end. */
  _finish(): boolean {
    return true;
  }

  /** @internal Drops unsent datagrams and stops all events. */
  _stop(): void {
    this.writer.disarm();
    this.retry?.cancel();
    this.queue.clear();
  }

  /** @internal Closes the socket, after `connectionLost`. */
  _release(): void {
    this.record.unregister();
    this.socket.close();
  }

  /** @internal Called by a watcher: the socket is readable or writable. */
  _ready(direction: Direction): void {
    if (direction === 'reader') this.receive();
    else this.flush();
  }

  /** @internal Called by a watcher: code outside the transport closes the socket. */
  _descriptorClosed(): void {
    this.life.loseSoon(new OSError(EBADF, 'recvfrom'));
  }

  // --- Datagrams ----------------------------------------------------------------------------------------------------

  private receive(): void {
    if (this.loop._batch?.datagrams.receive(this.socket, this) === true) return;
    this._received(this.socket.recvWholeEx());
  }

  /** @internal Gives a received datagram, or the error of a receive, to the protocol. */
  _received(received: ReceivedFrom | number): void {
    if (received === EAGAIN) return;
    if (typeof received === 'number') {
      this.reportError(new OSError(received, 'recvfrom', this.peer === null ? {} : errorTarget(this.peer)));
      return;
    }
    const { data, address } = received;
    if (data.length === 0 && this.socket.type === SOCK_SEQPACKET) {
      this.close(); // EOF; an empty record looks the same, but ignoring EOF would spin indefinitely
      return;
    }
    try {
      this.life.protocol?.datagramReceived(data, address);
    } catch (error) {
      this.life.report('protocol.datagramReceived() failed', error);
    }
  }

  /** @internal Returns false once the endpoint is closing. */
  _isReceiving(): boolean {
    return this.reader.isArmed;
  }

  /** @internal A datagram of the batch could not be sent. */
  _refused(errno: number, data: Uint8Array, to: Address | null): void {
    if (this.life.isLost) return; // errorReceived has aborted the transport
    if (errno === EAGAIN) this.enqueue(data, to);
    else this.reportError(new OSError(errno, 'sendto', errorTarget(to ?? this.peer!)));
  }

  /** Sends what the batch has deferred, as if it had been sent immediately. */
  private sendDeferred(): void {
    this.loop._batch?.datagrams.flush();
  }

  private enqueue(data: Uint8Array, to: Address | null): void {
    this.queue.push(data, to);
    this.waitForRoom();
    this.life.checkPause(this.queue.size);
  }

  /** Tries to send once. Returns false only if the kernel has no room; a datagram that the kernel refuses is not retried. */
  private sendNow(data: Uint8Array, to: Address | null): boolean {
    const sent = to === null ? this.socket.sendEx(data, 0, data.length) : this.socket.sendToEx(data, to);
    if (sent === EAGAIN) return false;
    if (sent < 0) this.reportError(new OSError(sent, 'sendto', errorTarget(to ?? this.peer!)));
    return true;
  }

  private flush(): void {
    let sent = 0;
    for (let next; (next = this.queue.first()) !== undefined; sent += 1) {
      if (!this.sendNow(next.data, next.to)) break;
      if (this.life.isLost) return; // errorReceived may abort the transport
      this.queue.dropFirst();
    }
    this.life.checkResume(this.queue.size);
    if (this.life.isLost) return;
    if (this.queue.size > 0) {
      if (sent === 0) this.pauseForReceiver();
      return;
    }
    this.writer.disarm();
    this.life.drained();
  }

  private waitForRoom(): void {
    if (this.retry !== null) return;
    try {
      this.writer.arm();
    } catch (error) {
      this.life.loseSoon(error);
    }
  }

  /** Pauses before the next try: this socket is writable, but the receiver's queue is full. */
  private pauseForReceiver(): void {
    if (this.socket.family !== AF_UNIX) return;
    this.writer.disarm();
    this.retry = this.loop.callLater(FULL_RECEIVER_MS, () => {
      this.retry = null;
      this.flush();
      if (this.queue.size > 0 && !this.life.isLost) this.waitForRoom();
    });
  }

  /** Reports the failure of one datagram to the protocol; to the exception handler if the protocol does not receive errors. */
  private reportError(error: OSError): void {
    const { protocol } = this.life;
    try {
      if (protocol === null || protocol.errorReceived !== undefined) protocol?.errorReceived?.(error);
      else this.life.report('a datagram was lost (a protocol with errorReceived() gets such errors)', error);
    } catch (thrown) {
      this.life.report('protocol.errorReceived() failed', thrown);
    }
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
}
