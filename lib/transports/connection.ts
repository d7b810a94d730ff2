/**
 * The life of a connection, the same for every transport: sockets, pipes, Node's streams, datagrams, memory.
 *
 *     opening ──────> open ───────────> closing ───────────> lost ──────────────> closed
 *       │  connectionMade   close()        │  all was sent      │  connectionLost
 *       └──────────────────────────────────┴── abort(), an error, a protocol that throws ──^
 *
 * - *Opening*: the protocol does not know of the connection. Writing is allowed, nothing is received.
 * - *Open*: bytes move both ways.
 * - *Closing*: nothing is received any more, and what was written before is still sent.
 * - *Handed over*: instead of all that, a successor moves the bytes (hand-over.ts), and the connection follows it.
 * - *Lost*: nothing moves; `connectionLost` is in the ready queue, so that it is never called from inside a call that the protocol made.
 * - *Closed*: the protocol has been notified and is released, the descriptor is closed.
 *
 * `connectionMade` is called exactly once, and first; `connectionLost` exactly once, and last. What is below the connection is its
 * {@link Ground}, which knows how to stop, how to end in order, and what to give back.
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

/** What a transport does for its connection. */
export interface Ground<P> {
  /** @internal The connection is open: begin to receive, unless reading is paused. */
  _startReceiving(): void;
  /** @internal A caller awaits the connection: deliver nothing before it has had its turn (first-turn.ts). */
  _holdReceiving?(): void;
  /** @internal Receive nothing more. */
  _stopReceiving(): void;
  /**
   * @internal Everything that was written has been handed down: end the stream in order.
   *
   * @returns true if that was all; else `ConnectionLife.ended` is called when it is done
   */
  _finish(): boolean;
  /** @internal Drop what was not sent. No event comes any more. */
  _stop(): void;
  /** @internal Give back the descriptor. */
  _release(): void;
  /** @internal From now on this protocol is called; null: none is. */
  _useProtocol(protocol: P | null): void;
}

/** How a transport begins. */
export interface StartOptions {
  /** Called once `connectionMade` has returned or thrown. Without it an error of `connectionMade` is reported. */
  onStarted?: (failure: { error: unknown } | null) => void;
}

/** What descriptions and reports say; asyncio's words, because people search for them. */
export interface Wording {
  /** The class of the transport. */
  readonly name: string;
  /** What the connection is. */
  readonly words: string;
  /** What is reported for writes to a connection that has ended. */
  readonly lateWrite: string;
}

/** Most connections have no limits of their own. These are never changed. */
const DEFAULT_MARKS = new Watermarks();

/** From so many dropped writes on, each is reported: the program has not noticed the end. */
const REPORTED_LATE_WRITES = 5;

/** One connection: its state, its protocol, and the calls of the protocol that are not about bytes. */
export class ConnectionLife<P extends BaseProtocol<never>> implements ContextCarrier {
  /** @internal Protocols run in the context of the code that made their transport or their server. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private state = State.Opening;
  private marks = DEFAULT_MARKS;
  private lateWrites = 0;
  private closed: Event | null = null;
  /** What moves the bytes after a hand-over. */
  private successor: Successor | null = null;

  /** @param protocol null once the connection is closed */
  constructor(
    readonly loop: LoopCore,
    private readonly transport: BaseTransport & Ground<P>,
    private readonly wording: Wording,
    public protocol: P | null,
  ) {}

  // --- The beginning ------------------------------------------------------------------------------------------------

  /** Has the loop call `connectionMade` in the next iteration. */
  open(options: StartOptions): void {
    this.transport._useProtocol(this.protocol);
    this.loop.callSoon(() => this.begin(options));
  }

  /** The protocol has been notified of the connection already: receives for it from now on. */
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
      // The caller that connects gets the error; for the connections of a server there is no caller.
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

  /** For `isClosing()` of a transport: it takes nothing more. */
  get isEnding(): boolean {
    return this.successor?.isClosing() ?? !this.isOpen;
  }

  /** True once a successor moves the bytes. */
  get isHandedOver(): boolean {
    return this.state === State.HandedOver;
  }

  /** True between `close()` and the moment everything was sent. */
  get isClosing(): boolean {
    return this.state === State.Closing;
  }

  /** True once nothing moves any more. */
  get isLost(): boolean {
    return this.state >= State.Lost;
  }

  /** The transport and its state, as part of a description. */
  describe(): string {
    const { name } = this.wording;
    if (this.isOpen) return name;
    if (this.state === State.HandedOver) return `${name} handed over`;
    return this.state === State.Closed ? `${name} closed` : `${name} closing`;
  }

  /** Changes the protocol; nothing of the connection is repeated for it. */
  setProtocol(protocol: P): void {
    if (this.state === State.Closed) return;
    this.protocol = protocol;
    this.transport._useProtocol(protocol);
  }

  /**
   * A successor moves the bytes from now on.
   *
   * @throws InvalidStateError if the connection is not open any more
   */
  handOver(): Pick<HandOver, 'follow' | 'ended'> {
    if (!this.isOpen) throw new InvalidStateError('the connection is lost');
    this.state = State.HandedOver;
    return {
      follow: (successor) => {
        this.successor = successor;
      },
      ended: (error) => {
        this.successor = null;
        this.state = State.Lost;
        this.finishSoon(error);
      },
    };
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  /**
   * Closes in order.
   *
   * @param unsent how many bytes are still to be handed down; `drained()` follows when they have been
   */
  close(unsent: number): void {
    this.successor?.close();
    if (!this.isOpen) return;
    this.state = State.Closing;
    this.transport._stopReceiving();
    if (unsent === 0 && this.transport._finish()) this.lose(null);
  }

  /** Everything that was written has been handed down, in an iteration of the loop. */
  drained(): void {
    if (this.isClosing && this.transport._finish()) this.ended(null);
  }

  /** The stream has ended, in an iteration of the loop and outside any call of the protocol. */
  ended(error: unknown): void {
    if (this.isLost) return;
    this.stop();
    this.finish(error);
  }

  /** Closes without sending what is left. */
  abort(): void {
    if (this.successor === null) this.lose(null);
    else this.successor.abort();
  }

  /** The connection is over: what has not been sent is dropped, and `connectionLost` follows in the next iteration. */
  lose(error: unknown): void {
    if (this.isLost) return;
    this.stop();
    this.finishSoon(error);
  }

  private finishSoon(error: unknown): void {
    if (this.loop.isClosed())
      this.release(); // no loop will ever call the protocol
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

  /** Protocol and transport refer to each other, and the program may keep one of them: let the other go. */
  private release(): void {
    this.state = State.Closed;
    this.protocol = null;
    this.transport._useProtocol(null);
    this.transport._release();
    this.closed?.set();
  }

  /** Waits until the protocol has been notified of the end and the descriptor is closed. */
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

  /** `pauseWriting`, if `size` bytes are too many. */
  checkPause(size: number): void {
    if (this.marks.paused || size <= this.marks.high || !this.isOpen) return;
    this.ownMarks().paused = true;
    this.call('pauseWriting');
  }

  /** `resumeWriting`, if it was paused and `size` bytes are few enough. */
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

  /** InvalidStateError after a hand-over. */
  checkOwn(method: string): void {
    if (this.state === State.HandedOver) throw handedOverError(method);
  }

  /** A write came after the end. From the fifth on it is reported. False. */
  dropWrite(): false {
    this.lateWrites += 1;
    if (this.lateWrites >= REPORTED_LATE_WRITES) this.report(this.wording.lateWrite);
    return false;
  }

  // --- Errors -------------------------------------------------------------------------------------------------------

  /** A system call has failed, and with it the connection. A disconnect is normal, so only debug mode reports it. */
  failed(error: unknown, during: 'read' | 'write'): void {
    if (this.isLost) return;
    if (this.loop.getDebug()) this.report(`Fatal ${during} error on ${this.wording.words}`, error);
    this.lose(error);
  }

  /** A method of the protocol that moves bytes threw: the connection ends with its error. */
  protocolFailed(error: unknown, method: string): void {
    this.report(`Fatal error: protocol.${method}() call failed.`, error);
    this.lose(error);
  }

  /** Runs `code` in the context of the connection, whatever code has led to it. */
  inContext(code: () => void): void {
    const previous = enterCarrier(this);
    try {
      code();
    } finally {
      leaveCarrier(previous);
    }
  }

  /** To the loop's exception handler; fatal errors are thrown. */
  report(message: string, exception?: unknown): void {
    if (isFatal(exception)) throw exception;
    const { protocol, transport } = this;
    this.loop.callExceptionHandler({ message, exception, transport, protocol });
  }
}

/** The error for a write after `writeEof()`. */
export function writeAfterEof(method: string): InvalidStateError {
  return new InvalidStateError(`cannot call ${method}() after writeEof()`);
}
