/**
 * The state machine of a connection, shared by every transport: sockets, pipes, Node's streams, datagrams and memory pairs.
 *
 *     opening ──────> open ───────────> closing ───────────> lost ──────────────> closed
 *       │  connectionMade   close()        │  all sent          │  connectionLost
 *       └──────────────────────────────────┴── abort(), an error, a protocol that throws ──^
 *
 * EOF from the peer closes the connection unless `eofReceived` returns true.
 *
 * - *Opening*: `connectionMade` has not been called. Writing is allowed; nothing is received.
 * - *Open*: bytes move both ways.
 * - *Handed over*, after open: a successor moves the bytes (hand-over.ts), and the connection closes when the successor does.
 * - *Closing*: receiving has stopped; pending writes are still sent.
 * - *Lost*: no bytes move. `connectionLost` is about to run: from the loop itself (`ended`), or in the next iteration (`lose`), so never
 *   inside a call that the protocol itself made.
 * - *Closed*: the protocol has been notified and is released; the descriptor is closed.
 *
 * `connectionMade` is called once, before every other method of the protocol, and `connectionLost` once, after them, unless the loop closes
 * first. A connection that is closed while opening still has both, because both are in the ready queue in this order. The transport
 * implements {@link Ground}: how to stop, how to end the stream, and what to release.
 */

import { InvalidStateError, isFatal } from '../errors/index.js';
import { type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { BaseProtocol, BaseTransport } from './contract.js';
import { type HandOver, type Successor, handedOverError } from './hand-over.js';
import { type WriteBufferLimits, Watermarks } from './watermarks.js';

const enum State {
  Opening,
  Open,
  HandedOver,
  Closing,
  Lost,
  Closed,
}

/** The operations that a transport provides to its connection. */
export interface Ground<P> {
  /** @internal The connection is open: starts receiving, unless reading is paused. */
  _startReceiving(): void;
  /** @internal A caller awaits the connection: delivers nothing until that caller has resumed (first-turn.ts). */
  _holdReceiving?(): void;
  /** @internal Stops receiving. */
  _stopReceiving(): void;
  /**
   * @internal Ends the stream in order. Called when all written bytes have been passed down.
   *
   * @returns true if the stream has ended; false if `ConnectionLife.ended` will be called later
   */
  _finish(): boolean;
  /** @internal Drops unsent bytes and stops all events. */
  _stop(): void;
  /** @internal Releases the descriptor. */
  _release(): void;
  /** @internal Sets the protocol to call; null for none. */
  _useProtocol(protocol: P | null): void;
}

/** Options for starting a transport. */
export interface StartOptions {
  /** Called when `connectionMade` has returned or thrown. Without it, the loop's exception handler gets the error of `connectionMade`. */
  onStarted?: (failure: { error: unknown } | null) => void;
}

/** The wording of `toString` and of error reports. It is asyncio's, because people search for it. */
export interface Wording {
  /** The class of the transport. */
  readonly name: string;
  /** The connection, in words. */
  readonly words: string;
  /** The message that reports writes to a connection that has ended. */
  readonly lateWrite: string;
}

/** Shared by the connections that never change their limits, which are most. Never modified. */
const DEFAULT_MARKS = new Watermarks();

/** From this dropped write on, every one is reported: the program has not noticed that the connection has ended. */
const REPORTED_LATE_WRITES = 5;

/** One connection: its state, its protocol, and the protocol calls that carry no bytes. */
export class ConnectionLife<P extends BaseProtocol<never>> implements ContextCarrier {
  /** @internal Protocols run in the context of the code that made their transport or their server. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private state = State.Opening;
  private marks = DEFAULT_MARKS;
  private lateWrites = 0;
  private closed: Event | null = null;
  /** Moves the bytes after a hand-over. */
  private successor: Successor | null = null;

  /** @param protocol null once the connection is closed */
  constructor(
    readonly loop: LoopCore,
    private readonly transport: BaseTransport & Ground<P>,
    private readonly wording: Wording,
    public protocol: P | null,
  ) {}

  // --- The beginning ------------------------------------------------------------------------------------------------

  /** Schedules `connectionMade` for the next iteration. */
  open(options: StartOptions): void {
    this.transport._useProtocol(this.protocol);
    this.loop.callSoon(() => this.begin(options));
  }

  /** Starts receiving immediately, for a protocol whose `connectionMade` has already been called. */
  resume(): void {
    this.transport._useProtocol(this.protocol);
    this.opened();
  }

  private begin({ onStarted }: StartOptions): void {
    let failure: { error: unknown } | null = null;
    try {
      (this.protocol as BaseProtocol<BaseTransport> | null)?.connectionMade?.(this.transport);
      if (onStarted !== undefined) this.transport._holdReceiving?.();
      this.opened();
    } catch (error) {
      failure = { error };
      // A connecting caller gets the error through onStarted; a server's connections have no caller, so it is reported.
      if (onStarted === undefined) this.protocolFailed(error, 'connectionMade');
      else this.lose(error);
    }
    onStarted?.(failure);
  }

  private opened(): void {
    if (this.state !== State.Opening) return;
    this.state = State.Open;
    this.transport._startReceiving();
  }

  // --- The state ----------------------------------------------------------------------------------------------------

  /** True while bytes may be written: opening or open. */
  get isOpen(): boolean {
    return this.state <= State.Open;
  }

  /** The result of the transport's `isClosing()`: true once writes are no longer accepted. */
  get isEnding(): boolean {
    return this.successor?.isClosing() ?? !this.isOpen;
  }

  /** True once a successor moves the bytes. */
  get isHandedOver(): boolean {
    return this.state === State.HandedOver;
  }

  /** True from `close()` until everything has been sent. */
  get isClosing(): boolean {
    return this.state === State.Closing;
  }

  /** True once no bytes move in either direction. */
  get isLost(): boolean {
    return this.state >= State.Lost;
  }

  /** Returns the name of the transport and its state, for `toString`. */
  describe(): string {
    const { name } = this.wording;
    if (this.isOpen) return name;
    if (this.state === State.HandedOver) return `${name} handed over`;
    return this.state === State.Closed ? `${name} closed` : `${name} closing`;
  }

  /** Replaces the protocol. `connectionMade` is not called on the new one. */
  setProtocol(protocol: P): void {
    if (this.state === State.Closed) return;
    this.protocol = protocol;
    this.transport._useProtocol(protocol);
  }

  /**
   * Stops moving bytes, because a successor will.
   *
   * @throws InvalidStateError if the connection is no longer open
   */
  handOver(): Pick<HandOver, 'follow' | 'ended'> {
    if (!this.isOpen) throw new InvalidStateError('the connection is lost');
    this.state = State.HandedOver;
    return {
      follow: (successor) => {
        this.successor = successor;
      },
      ended: (error) => {
        if (!this.isHandedOver) return;
        this.successor = null;
        this.state = State.Lost;
        this.finishSoon(error);
      },
    };
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  /**
   * Closes in order: stops receiving and ends the stream after all pending writes.
   *
   * @param unsent the number of bytes not yet passed down; if it is not 0, the caller calls `drained()` when they have been
   */
  close(unsent: number): void {
    this.successor?.close();
    if (!this.isOpen) return;
    this.state = State.Closing;
    this.transport._stopReceiving();
    if (unsent === 0 && this.transport._finish()) this.lose(null);
  }

  /** Ends a closing stream: all written bytes have been passed down. Called from the loop. */
  drained(): void {
    if (this.isClosing && this.transport._finish()) this.ended(null);
  }

  /** The stream has ended. Calls `connectionLost` directly, so the caller must be the loop and not a call of the protocol. */
  ended(error: unknown): void {
    if (this.isLost) return;
    this.stop();
    this.finish(error);
  }

  /** Closes without sending pending bytes. */
  abort(): void {
    if (this.successor === null) this.lose(null);
    else this.successor.abort();
  }

  /** Ends the connection: drops unsent bytes and schedules `connectionLost` for the next iteration. */
  lose(error: unknown): void {
    if (this.isLost || this.isHandedOver) return; // after a hand-over the successor reports the end
    this.stop();
    this.finishSoon(error);
  }

  private finishSoon(error: unknown): void {
    if (this.loop.isClosed())
      this.release(); // a closed loop calls no protocol
    else this.loop.callSoon(() => this.finish(error));
  }

  private stop(): void {
    this.state = State.Lost;
    this.transport._stopReceiving();
    this.transport._stop();
  }

  private finish(error: unknown): void {
    try {
      this.protocol?.connectionLost?.(error);
    } finally {
      this.release();
    }
  }

  /** Breaks the cycle between protocol and transport, so that a program that keeps one of them does not keep both. */
  private release(): void {
    this.state = State.Closed;
    this.protocol = null;
    this.transport._useProtocol(null);
    this.transport._release();
    this.closed?.set();
  }

  /** Waits until `connectionLost` has been called and the descriptor is closed. */
  *whenClosed(): Steps<void> {
    if (this.state === State.Closed) return;
    this.closed ??= new Event();
    yield* this.closed.wait();
  }

  // --- Backpressure -------------------------------------------------------------------------------------------------

  /** The watermarks. */
  get limits(): Readonly<Watermarks> {
    return this.marks;
  }

  /** Changes the watermarks; RangeError unless 0 <= low <= high. */
  setLimits(limits: WriteBufferLimits): void {
    this.ownMarks().set(limits);
  }

  /** Calls `pauseWriting` if the connection is open and `size` bytes are above the high watermark. */
  checkPause(size: number): void {
    if (this.marks.paused || size <= this.marks.high || !this.isOpen) return;
    this.ownMarks().paused = true;
    this.call('pauseWriting');
  }

  /** Calls `resumeWriting` if the protocol is paused and `size` bytes are not above the low watermark. */
  checkResume(size: number): void {
    if (!this.marks.paused || size > this.marks.low || this.isLost) return;
    this.ownMarks().paused = false;
    this.call('resumeWriting');
  }

  private ownMarks(): Watermarks {
    if (this.marks === DEFAULT_MARKS) this.marks = new Watermarks();
    return this.marks;
  }

  private call(method: 'pauseWriting' | 'resumeWriting'): void {
    try {
      this.protocol?.[method]?.();
    } catch (error) {
      this.report(`protocol.${method}() failed`, error);
    }
  }

  /** Throws an InvalidStateError after a hand-over. */
  checkOwn(method: string): void {
    if (this.state === State.HandedOver) throw handedOverError(method);
  }

  /** Counts a write after the end, and reports the fifth and later ones. Returns false. */
  dropWrite(): false {
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report(this.wording.lateWrite);
    return false;
  }

  // --- Errors -------------------------------------------------------------------------------------------------------

  /** Ends the connection after a failed system call. A disconnect is normal, so it is reported only in debug mode. */
  failed(error: unknown, during: 'read' | 'write'): void {
    if (this.isLost) return;
    if (this.loop.getDebug()) this.report(`Fatal ${during} error on ${this.wording.words}`, error);
    this.lose(error);
  }

  /** Ends the connection with the error that a method of the protocol threw, and reports it. */
  protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.lose(error);
  }

  /** Runs `code` in the context of the connection instead of the caller's. */
  inContext(code: () => void): void {
    const previous = enterCarrier(this);
    try {
      code();
    } finally {
      leaveCarrier(previous);
    }
  }

  /** Calls the loop's exception handler; rethrows fatal errors. */
  report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol, transport } = this;
    this.loop.callExceptionHandler({ message, exception, transport, protocol });
  }
}

/** Returns the error for a write after `writeEof()`. */
export function writeAfterEof(method: string): InvalidStateError {
  return new InvalidStateError(`cannot call ${method}() after writeEof()`);
}
