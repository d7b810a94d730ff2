/**
 * The life of a connection: its state, and the four protocol calls that carry no bytes: `connectionMade`, `connectionLost`,
 * `pauseWriting` and `resumeWriting`. Every transport has one of these: sockets, pipes, Node streams, datagrams and memory pairs.
 *
 *     Opening ──> Open                   connectionMade has returned
 *     Opening, Open ──> Closing          close(), or EOF from the peer
 *     Opening, Open ──> HandedOver       toDuplex, TLS
 *     Closing ──> Lost                   all pending writes have been sent
 *     HandedOver ──> Lost                the successor has closed
 *     Opening, Open, Closing ──> Lost    abort(), an error, a throwing connectionMade or receiving method
 *     Lost ──> Closed                    connectionLost has returned
 *
 * - *Opening*: writing is allowed; nothing is received.
 * - *Open*: bytes move both ways. EOF from the peer closes the connection unless `eofReceived` returns true.
 * - *Handed over*: a successor moves the bytes (hand-over.ts).
 * - *Closing*: receiving has stopped; pending writes are still sent.
 * - *Lost*: no bytes move; `connectionLost` is about to be called. After that (*Closed*) the protocol and the descriptor are released.
 *
 * Three rules hold for every protocol:
 *
 * - `connectionMade` is called once, and then `connectionLost` once, even if the connection is lost while opening. Both run in the
 *   context of the code that made the transport or its server. Only a loop that closes first omits them.
 * - No other method is called before or after these two. There is one exception: the writer of a child's stdin can be used before
 *   `connectionMade`, so a write may call `pauseWriting` then.
 * - `connectionLost` is never called while a method of the transport, called by the protocol, is still on the stack. `loseSoon` therefore
 *   schedules it for the next iteration. `loseNow` calls it directly; only events of the loop lead there.
 *
 * The transport implements {@link ManagedTransport}: how to start and stop receiving, how to end the stream, and what to release.
 */

import { InvalidStateError, isFatal } from '../errors/index.js';
import { type ContextCarrier, captureContext } from '../loop/context.js';
import { enterCarrier, leaveCarrier } from '../loop/current-carrier.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import type { AbortOptions, BaseProtocol, BaseTransport } from './contract.js';
import { type ConnectionSide, publishClose, publishOpen } from './diagnostics.js';
import { type Successor, handedOverError } from './hand-over.js';
import { type WriteBufferLimits, Watermarks } from './watermarks.js';
import type { Wording } from './wording.js';

const enum State {
  Opening,
  Open,
  HandedOver,
  Closing,
  Lost,
  Closed,
}

/** The operations of a transport that its {@link ConnectionLife} calls. */
export interface ManagedTransport<P> {
  /**
   * @internal The connection is open: starts receiving, unless reading is paused.
   *
   * @param awaited a caller awaits the connection: nothing is delivered until that caller has resumed (first-turn.ts)
   */
  _startReceiving(awaited: boolean): void;
  /** @internal Stops receiving. Idempotent. */
  _stopReceiving(): void;
  /**
   * @internal Ends the stream gracefully. Called when all written bytes have been handed to the kernel or the Node stream.
   *
   * @returns true if the stream has ended; false if `loseNow` or `loseSoon` will be called when it has
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
  /** Which side of a connection it is, for `node:diagnostics_channel`. Default: none, so that nothing is published. */
  side?: ConnectionSide;
}

/** Shared by the connections that have neither been paused nor changed their limits, which are most. Never modified. */
const DEFAULT_MARKS = new Watermarks();

/** From this dropped write on, every one is reported: the program has not noticed that the connection has ended. */
const REPORTED_LATE_WRITES = 5;

/** One connection: its state, its protocol, and the four calls of the protocol that carry no bytes. */
export class ConnectionLife<P extends BaseProtocol<never>> implements ContextCarrier {
  /** @internal Protocols run in the context of the code that made their transport or their server. */
  readonly _context = captureContext();
  /** @internal Null: protocol methods run outside of any task. */
  readonly _carriedTask = null;
  private state = State.Opening;
  /** False until `connectionMade` is called, which `connectionLost` must follow even if the loop reorders its ready queue. */
  private begun = false;
  private lostBefore: { error: unknown } | null = null;
  private marks = DEFAULT_MARKS;
  private lateWrites = 0;
  private closed: Event | null = null;
  /** Moves the bytes after a hand-over. */
  private successor: Successor | null = null;
  /** Null if nothing is published: for pipes and memory pairs, and for TLS on a connection that was published when it opened. */
  private side: ConnectionSide | null = null;

  /** @param protocol null once the connection is closed */
  constructor(
    readonly loop: LoopCore,
    private readonly transport: BaseTransport & ManagedTransport<P>,
    private readonly wording: Wording,
    public protocol: P | null,
  ) {}

  // --- Opening ------------------------------------------------------------------------------------------------------

  /** Opens the connection in the next iteration, by calling `connectionMade`. */
  open(options: StartOptions): void {
    this.side = options.side ?? null;
    this.transport._useProtocol(this.protocol);
    this.loop.callSoon(() => this.begin(options));
  }

  /** Opens the connection now, for a protocol whose `connectionMade` has already been called. */
  openNow(): void {
    this.transport._useProtocol(this.protocol);
    this.begun = true;
    this.enterOpen(false);
  }

  private begin({ onStarted }: StartOptions): void {
    let failure: { error: unknown } | null = null;
    this.begun = true;
    if (this.side !== null) publishOpen(this.side, this.transport, this.protocol);
    if (this.lostBefore !== null) this.notifySoon(this.lostBefore.error);
    try {
      (this.protocol as BaseProtocol<BaseTransport> | null)?.connectionMade?.(this.transport);
      this.enterOpen(onStarted !== undefined);
    } catch (error) {
      failure = { error };
      // A connecting caller gets the error through onStarted; a server's connections have no caller, so it is reported.
      if (onStarted === undefined) this.protocolFailed(error, 'connectionMade');
      else this.loseSoon(error);
    }
    onStarted?.(failure);
  }

  private enterOpen(awaited: boolean): void {
    if (this.state !== State.Opening) return; // connectionMade has closed it or handed it over
    this.state = State.Open;
    this.transport._startReceiving(awaited);
  }

  // --- The state ----------------------------------------------------------------------------------------------------

  /** True while bytes may be written: opening or open. */
  get acceptsWrites(): boolean {
    return this.state <= State.Open;
  }

  /** True once the connection, or the successor that moves its bytes, is closing. */
  get isClosing(): boolean {
    return this.successor?.isClosing() ?? !this.acceptsWrites;
  }

  /** True once a successor moves the bytes, until it has closed. */
  get isHandedOver(): boolean {
    return this.state === State.HandedOver;
  }

  /** True from `close()` until the connection is lost. */
  get isDraining(): boolean {
    return this.state === State.Closing;
  }

  /** True once no bytes move in either direction. */
  get isLost(): boolean {
    return this.state >= State.Lost;
  }

  /** Returns the name of the transport and its state, for `toString`. */
  describe(): string {
    const { name } = this.wording;
    if (this.acceptsWrites) return name;
    if (this.isHandedOver) return `${name} handed over`;
    return this.state === State.Closed ? `${name} closed` : `${name} closing`;
  }

  /** Replaces the protocol. `connectionMade` is not called on the new one. */
  setProtocol(protocol: P): void {
    if (this.state === State.Closed) return;
    this.protocol = protocol;
    this.transport._useProtocol(protocol);
  }

  // --- Hand-over ----------------------------------------------------------------------------------------------------

  /**
   * Stops moving bytes, because a successor will. Until `follow` is called, the connection counts as closing, and `close` and `abort`
   * do nothing. InvalidStateError if it is no longer open.
   */
  handOver(method: string): void {
    if (!this.acceptsWrites)
      throw new InvalidStateError(`${method}: the connection was lost when its pending writes were sent`);
    this.state = State.HandedOver;
  }

  /** Sets or replaces the successor of a connection that was handed over. */
  follow(successor: Successor): void {
    this.successor = successor;
  }

  /** The successor has closed. The connection is lost with it. */
  successorClosed(error: unknown): void {
    if (!this.isHandedOver) return;
    this.successor = null;
    this.state = State.Lost;
    this.notifySoon(error);
  }

  /** Throws an InvalidStateError after a hand-over. */
  checkNotHandedOver(method: string): void {
    if (this.isHandedOver) throw handedOverError(method);
  }

  // --- Closing ------------------------------------------------------------------------------------------------------

  /**
   * Closes gracefully: stops receiving, and ends the stream after all pending writes.
   *
   * @param unsent the number of bytes not yet handed to the kernel or the Node stream; if it is not 0, `drained` is called when they are
   */
  close(unsent: number): void {
    this.successor?.close();
    if (!this.acceptsWrites) return;
    this.state = State.Closing;
    this.transport._stopReceiving();
    if (this.loop.isClosed() || (unsent === 0 && this.transport._finish())) this.loseSoon(null); // a closed loop sends nothing more
  }

  /** All pending writes have been sent. Called only from the loop, by the sender of a stream and by datagram transports. */
  drained(): void {
    if (this.isDraining && this.transport._finish()) this.loseNow(null);
  }

  /** Closes without sending pending bytes. */
  abort(options?: AbortOptions): void {
    if (this.successor === null) this.loseSoon(null);
    else this.successor.abort(options);
  }

  /** Ends the connection: drops unsent bytes, and calls `connectionLost` in the next iteration. */
  loseSoon(error: unknown): void {
    if (!this.enterLost()) return;
    this.notifySoon(error);
  }

  /** As `loseSoon`, but calls `connectionLost` before it returns. Called only from the loop: by `drained` and by an `End` that has closed. */
  loseNow(error: unknown): void {
    if (!this.enterLost()) return;
    if (this.begun) this.notify(error);
    else this.notifySoon(error);
  }

  /** Returns false if the connection is already lost, or if a successor decides when it is. */
  private enterLost(): boolean {
    if (this.isLost || this.isHandedOver) return false;
    this.state = State.Lost;
    this.transport._stopReceiving(); // unless close() already did
    this.transport._stop();
    return true;
  }

  private notifySoon(error: unknown): void {
    if (this.loop.isClosed())
      this.release(); // a closed loop calls no protocol
    else if (!this.begun) this.lostBefore = { error };
    else this.callSoon(() => this.notify(error));
  }

  private notify(error: unknown): void {
    const { side, transport, protocol } = this;
    try {
      protocol?.connectionLost?.(error);
    } finally {
      this.release();
      if (side !== null) publishClose(side, transport, protocol, error);
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

  /** Waits until `connectionLost` has been called and the descriptor is closed. A loop that closes first closes the descriptor itself. */
  *whenClosed(): Steps<void> {
    if (this.state === State.Closed || this.loop.isClosed()) return;
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

  /**
   * Calls `pauseWriting` if the connection accepts writes and `size` bytes are above the high watermark. This runs in the context of the
   * code that writes.
   */
  checkPause(size: number): void {
    if (this.marks.paused || size <= this.marks.high || !this.acceptsWrites) return;
    this.ownMarks().paused = true;
    this.call('pauseWriting');
  }

  /** Calls `resumeWriting` if the protocol is paused and `size` bytes are not above the low watermark; not after a hand-over. */
  checkResume(size: number): void {
    if (!this.marks.paused || size > this.marks.low || this.isLost || this.isHandedOver) return;
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

  // --- Errors -------------------------------------------------------------------------------------------------------

  /** A system call has failed: ends the connection. Peers that disconnect are normal, so this is reported only in debug mode. */
  failed(error: unknown, during: 'read' | 'write'): void {
    if (this.isLost) return;
    if (this.loop.getDebug()) this.report(`Fatal ${during} error on ${this.wording.words}`, error);
    this.loseSoon(error);
  }

  /**
   * A method of the protocol has thrown: reports the error, then ends the connection with it. A fatal error is rethrown instead, and the
   * connection is left as it is.
   */
  protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.loseSoon(error);
  }

  /** Counts a write after the end, and reports the fifth and later ones. Returns false. */
  dropWrite(): false {
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report(this.wording.lateWrite);
    return false;
  }

  /** Calls the loop's exception handler; rethrows fatal errors. */
  report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol, transport } = this;
    this.loop.callExceptionHandler({ message, exception, transport, protocol });
  }

  // --- Context ------------------------------------------------------------------------------------------------------

  /** Calls `callback` in the next iteration, in the context of the connection. A no-op once the loop is closed. */
  callSoon(callback: () => void): void {
    if (!this.loop.isClosed()) this.loop.callSoon(() => this.inContext(callback));
  }

  /** Calls `callback` in the context of the connection instead of the caller's. */
  inContext(callback: () => void): void {
    const previous = enterCarrier(this);
    try {
      callback();
    } finally {
      leaveCarrier(previous);
    }
  }
}
