/**
 * Accepts the connections of one listening socket.
 *
 * Each time the socket is readable it accepts up to `backlog` queued connections, so that a flood of new connections does not starve
 * the established ones. While a limit of the server holds it back, connections stay in the kernel's queue.
 */

import { OSError, isInstance } from '../errors/index.js';
import { type ContextCarrier, captureContext } from '../loop/context.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Watched, Watcher } from '../loop/watcher.js';
import { type Accepted, SOL_SOCKET, SO_ACCEPTCONN, type Socket } from '../sockets/index.js';
import { ACCEPT_PAUSE_MS, acceptNext, acceptPauseMs } from '../sock/sock-accept.js';

/** The length of the kernel's accept queue, and the most connections accepted in one iteration. As in asyncio. */
const DEFAULT_BACKLOG = 100;

/** Accepts connections and passes them to a callback. */
export class Listener implements Watched, ContextCarrier {
  /** @internal Protocols run in the context of the code that made their transport or their server. */
  readonly _context = captureContext();
  /** @internal Null: connections are accepted outside of any task. */
  readonly _carriedTask = null;
  private readonly watcher: Watcher;
  private started = false;
  /** A limit of the server is reached. */
  private held = false;
  /** The timer that resumes accepting after an error. */
  private pause: TimedHandle | null = null;

  /**
   * @param socket bound; the listener does not own it
   * @param backlog null: the default, and a socket that listens already, because another process has opened it, keeps its own
   * @param onAccept owns the connection that it gets; must not throw
   * @param onClosed called when other code closes the socket
   */
  constructor(
    private readonly loop: LoopCore,
    readonly socket: Socket,
    private readonly backlog: number | null,
    private readonly onAccept: (accepted: Accepted) => void,
    private readonly onClosed: () => void,
  ) {
    this.watcher = new Watcher(loop, socket, 'reader', this, this);
  }

  /** Starts listening and accepting. Idempotent. OSError if the socket cannot listen. */
  start(): void {
    if (this.started) return;
    const { socket, backlog } = this;
    if (backlog !== null || socket.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) === 0)
      socket.listen(backlog ?? DEFAULT_BACKLOG);
    if (!this.held) this.watcher.arm();
    this.started = true;
  }

  /** Stops accepting. Queued connections stay in the kernel. Idempotent. */
  stop(): void {
    this.started = false;
    this.pause?.cancel();
    this.pause = null;
    this.watcher.disarm();
  }

  /** Stops accepting until `release`: the kernel queues up to `backlog` connections, and drops further attempts, which clients repeat. */
  hold(): void {
    this.held = true;
    this.watcher.disarm();
  }

  /** Ends `hold`. */
  release(): void {
    this.held = false;
    this.resume();
  }

  /** Accepts what is queued, without waiting for the loop to poll. */
  acceptQueued(): void {
    if (this.started) this._ready();
  }

  private resume(): void {
    if (!this.started || this.held || this.pause !== null) return;
    if (this.socket.fileno() >= 0) this.watcher.arm();
    else this.onClosed();
  }

  /** @internal Connections are queued. */
  _ready(): void {
    for (let left = Math.max(this.backlog ?? DEFAULT_BACKLOG, 1); left > 0 && this.watcher.isArmed; left -= 1) {
      const accepted = this.acceptOne();
      if (accepted === null) return;
      this.onAccept(accepted);
    }
  }

  private acceptOne(): Accepted | null {
    try {
      return acceptNext(this.socket);
    } catch (error) {
      if (!isInstance(error, OSError)) throw error;
      this.rest(error);
      return null;
    }
  }

  /**
   * Reports the error and stops accepting for a second. A connection that could not be accepted stays queued, so the socket stays
   * readable, and a broken socket stays broken: retrying without a pause would spin at full CPU.
   */
  private rest(exception: OSError): void {
    const pauseMs = acceptPauseMs(exception);
    const message = pauseMs === null ? 'socket.accept() failed' : 'socket.accept() out of system resource';
    this.watcher.disarm();
    this.pause = this.loop.callLater(pauseMs ?? ACCEPT_PAUSE_MS, () => {
      this.pause = null;
      this.resume();
    });
    this.loop.callExceptionHandler({ message, exception, socket: this.socket });
  }

  /** @internal Called by the watcher: other code closes the socket. */
  _descriptorClosed(): void {
    this.onClosed();
  }

  toString(): string {
    return `<listener fd=${this.socket.fileno()}>`;
  }
}
