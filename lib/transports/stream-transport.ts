/**
 * The base class of all stream transports.
 *
 * It joins four parts: the {@link ConnectionLife} holds the state and notifies the protocol, a {@link Receiver} and a {@link Sender}
 * move the bytes, and an {@link End} is the socket, pipe, stream or memory that they move them over.
 */

import { InvalidStateError, refuseCallback, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { checkBytes } from '../sockets/arguments.js';
import { Coroutine } from '../tasks/index.js';
import { checkName } from './arguments.js';
import { ConnectionLife, type ManagedTransport, type StartOptions } from './connection.js';
import { type AbortOptions, type StreamProtocol, Transport, type TransportInfo } from './contract.js';
import type { End, EndEvents } from './end.js';
import type { Detached, HandOver } from './hand-over.js';
import { Receiver, type ReceiverOwner } from './receiver.js';
import { doNotLinger, wantsReset } from './reset.js';
import { Sender, type SenderOwner } from './sender.js';
import type { WriteBufferLimits } from './watermarks.js';
import type { Wording } from './wording.js';

/** Moves bytes between an end, which it owns, and a protocol. */
export abstract class StreamTransport<E extends End = End>
  extends Transport
  implements EndEvents, ReceiverOwner, SenderOwner, ManagedTransport<StreamProtocol>
{
  /** @internal The state of the connection. */
  readonly life: ConnectionLife<StreamProtocol>;
  protected readonly receiver: Receiver;
  protected readonly sender: Sender;

  /**
   * @param socket the socket that the batch may send to; null if sends cannot be batched
   * @throws the error of `end.attach`; the caller then keeps the end
   */
  protected constructor(
    loop: LoopCore,
    protected readonly end: E,
    protocol: StreamProtocol,
    wording: Wording,
    socket: { fileno(): number } | null,
  ) {
    super();
    this.life = new ConnectionLife(loop, this, wording, protocol);
    this.receiver = new Receiver(end, this);
    this.sender = new Sender(end, this, socket);
    end.attach(this, this.life);
  }

  /** Opens the connection: `connectionMade` is called in the next iteration. */
  protected open(options: StartOptions): void {
    this.life.open(options);
  }

  // --- Description --------------------------------------------------------------------------------------------------

  override getExtraInfo<Name extends keyof TransportInfo>(name: Name): TransportInfo[Name] | null;
  override getExtraInfo(name: string, fallback?: unknown): unknown;
  override getExtraInfo(name: string, fallback: unknown = null): unknown {
    return this.fact(checkName('getExtraInfo: name', name)) ?? fallback;
  }

  /** Returns a fact for `getExtraInfo`; null or undefined if it is unknown. */
  protected fact(_name: string): unknown {
    return null;
  }

  override getProtocol(): StreamProtocol | null {
    return this.life.protocol;
  }

  override setProtocol(protocol: StreamProtocol): void {
    checkProtocol('setProtocol', protocol);
    this._writeLock?.check('setProtocol');
    this.life.setProtocol(protocol);
  }

  override toString(): string {
    return `<${this.life.describe()} ${this.end.describe(this.sender.waiting)}>`;
  }

  /** @internal For inspection: the bytes that are not sent yet, without flushing the batch, and whether it receives. */
  _flow(): { buffered: number; reading: boolean } {
    return { buffered: this.sender.waiting, reading: this.receiver.isReading() };
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  override isReading(): boolean {
    return this.receiver.isReading();
  }

  override pauseReading(): void {
    if (this.life.acceptsWrites) this.receiver.pause();
  }

  override resumeReading(): void {
    if (this.life.acceptsWrites) this.receiver.resume();
  }

  // --- Sending ------------------------------------------------------------------------------------------------------

  override write(data: Uint8Array): void {
    checkBytes('write: data', data);
    if (this.mayWrite('write', data.length)) this.sender.write(data);
  }

  override writelines(list: Iterable<Uint8Array>): void {
    const buffers = buffersToWrite(list);
    if (this.mayWrite('writelines', buffers.length)) this.sender.writeAll(buffers);
  }

  /** Returns true if the write may proceed. @param amount 0 for an empty write, which is never counted as late */
  protected mayWrite(method: string, amount: number): boolean {
    if (this.sender.isEnded && !this.life.isHandedOver)
      throw new InvalidStateError(`cannot call ${method}() after writeEof()`);
    this._writeLock?.check(method);
    this.life.checkNotHandedOver(method);
    return amount > 0 && (this.life.acceptsWrites || this.dropWrite());
  }

  /** Records a write after the end. Returns false. */
  protected dropWrite(): false {
    this._writeLock?.dropped();
    return this.life.dropWrite();
  }

  override writeEof(): void {
    if (!this.life.acceptsWrites || this.sender.isEnded) return;
    this._writeLock?.check('writeEof');
    this.sender.endWriting();
  }

  override canWriteEof(): boolean {
    return true;
  }

  override getWriteBufferSize(): number {
    return this.sender.size;
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    const { low, high } = this.life.limits;
    return { low, high };
  }

  override setWriteBufferLimits(limits: WriteBufferLimits = {}): void {
    this.sender.setLimits(limits);
  }

  // --- Closing ------------------------------------------------------------------------------------------------------

  override isClosing(): boolean {
    return this.life.isClosing;
  }

  override close(): void;
  override close(callback?: unknown): void {
    refuseCallback('Transport.close', callback, 'the method connectionLost of the protocol');
    this.life.close(this.sender.queued);
  }

  override abort(options?: AbortOptions): void {
    const reset = wantsReset(options);
    if (reset && !this.life.isLost && !this.life.isHandedOver) this.resetWhenClosed();
    this.life.abort(options);
  }

  /** Makes closing the descriptor reset the connection. */
  protected resetWhenClosed(): void {
    doNotLinger(this.getExtraInfo('socket'));
  }

  /** Hands over the connection; see hand-over.ts. */
  protected handOver(method: string, detachEnd: () => Detached): HandOver {
    const { life, sender } = this;
    life.checkNotHandedOver(method);
    const unsent = sender.takeUnsent();
    life.handOver(method);
    this.receiver.stop();
    return {
      ...detachEnd(),
      unsent,
      eofWritten: sender.isEnded,
      follow: (successor) => life.follow(successor),
      closed: (error) => life.successorClosed(error),
    };
  }

  /** Closes the transport gracefully and waits until `connectionLost` has been called and the descriptor is closed. */
  override [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return new Coroutine(this.life.whenClosed(), 'Transport.asyncDispose');
  }

  // --- Called by the `End`, the receiver and the sender ---------------------------------------------------------------

  /** @internal The end has bytes to receive, or EOF. */
  _readable(): void {
    this.receiver.receive();
  }

  /** @internal The end accepts bytes again. */
  _writable(): void {
    this.sender.sendQueued();
  }

  /** @internal A receive or send has failed: the connection is lost in the next iteration. */
  _failed(error: unknown, during: 'read' | 'write'): void {
    this.life.failed(error, during);
  }

  /** @internal The end has closed: the connection is lost now. `error` is null for an orderly close. */
  _closed(error: unknown): void {
    this.life.loseNow(error);
  }

  /** @internal Closes without an error, because the loop closes. */
  _loopCloses(): void {
    this.life.loseSoon(null);
  }

  /** @internal The peer has sent EOF. `keepOpen` is what `eofReceived` returned. */
  _endReceived(keepOpen: boolean): void {
    if (!keepOpen) this.close();
  }

  /** @internal Half-closes the end, after `writeEof`, when everything has been sent. */
  _shutdown(): void {
    this.end.shutdown();
  }

  // --- Called by the connection -------------------------------------------------------------------------------------

  /** @internal Delivers the bytes that arrive to this protocol. */
  _useProtocol(protocol: StreamProtocol | null): void {
    this.receiver.useProtocol(protocol);
  }

  /** @internal Starts receiving when the connection opens, unless reading is paused. */
  _startReceiving(awaited: boolean): void {
    this.receiver.start(awaited);
  }

  /** @internal Stops receiving when the connection closes. */
  _stopReceiving(): void {
    this.receiver.stop();
    this.end.stopReceiving();
  }

  /** @internal Ends the stream gracefully, after the last byte. Returns false if the end reports later that it has ended. */
  _finish(): boolean {
    return this.end.finish();
  }

  /** @internal Drops unsent bytes and stops all events of the end. */
  _stop(): void {
    this.sender.stop();
    this.end.stop();
  }

  /** @internal Closes the descriptor, after `connectionLost`. */
  _release(): void {
    this.end.release();
  }
}

/** Throws a TypeError unless `protocol` is an object. Its methods are all optional. */
export function checkProtocol(method: string, protocol: unknown): asserts protocol is object {
  if (typeof protocol !== 'object' || protocol === null) throw wrongType(method, 'a protocol (an object)', protocol);
}

/** Checks the argument of `writelines` and returns its buffers, without the empty ones. */
function buffersToWrite(list: Iterable<Uint8Array>): Uint8Array[] {
  const iterable = typeof (list as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
  if (!iterable) throw wrongType('writelines: list', 'an iterable of Buffers', list);
  return [...list].filter((data, i) => checkBytes(`writelines: list[${i}]`, data).length > 0);
}
