/**
 * Accepting the connections of one listening socket.
 *
 * Each time the socket is readable it accepts what waits, up to `backlog` connections, so that a flood of new ones does not keep the
 * established ones from being served.
 */

import { OSError } from '../errors/index.js';
import { type ContextCarrier, captureContext } from '../loop/context.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Watched, Watcher } from '../loop/watcher.js';
import type { Accepted, Socket } from '../sockets/index.js';
import { ACCEPT_PAUSE_MS, acceptNext, acceptPauseMs } from '../sock/sock-accept.js';

/** Accepts, and hands on what was accepted. */
export class Listener implements Watched, ContextCarrier {
  /** @internal Protocols run in the context of whoever made their transport or their server. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private readonly watcher: Watcher;
  /** When it goes on after a lack of descriptors. */
  private pause: TimedHandle | null = null;

  /**
   * @param socket bound; the listener borrows it
   * @param onAccept owns the connection; must not throw
   * @param onClosed called when somebody else closes the socket
   */
  constructor(
    private readonly loop: LoopCore,
    readonly socket: Socket,
    private readonly backlog: number,
    private readonly onAccept: (accepted: Accepted) => void,
    private readonly onClosed: () => void,
  ) {
    this.watcher = new Watcher(loop, socket, 'reader', this, this);
  }

  /** Begins to listen and to accept. Idempotent. OSError if the socket cannot listen. */
  start(): void {
    if (this.watcher.isArmed || this.pause !== null) return;
    this.socket.listen(this.backlog);
    this.watcher.arm();
  }

  /** Accepts no more. What waits in the kernel's queue stays there. Idempotent. */
  stop(): void {
    this.pause?.cancel();
    this.pause = null;
    this.watcher.disarm();
  }

  /** @internal Connections wait. */
  _ready(): void {
    for (let left = Math.max(this.backlog, 1); left > 0 && this.watcher.isArmed; left -= 1) {
      const accepted = this.acceptOne();
      if (accepted === null) return;
      this.onAccept(accepted);
    }
  }

  private acceptOne(): Accepted | null {
    try {
      return acceptNext(this.socket);
    } catch (error) {
      if (!(error instanceof OSError)) throw error;
      this.rest(error);
      return null;
    }
  }

  /**
   * Reports the error and accepts nothing for a second: a connection that could not be accepted stays in the queue, and the socket
   * readable, and a broken listening socket stays so as well: trying again without a pause would use all of the CPU.
   */
  private rest(exception: OSError): void {
    const pauseMs = acceptPauseMs(exception);
    const message = pauseMs === null ? 'socket.accept() failed' : 'socket.accept() out of system resource';
    this.stop();
    this.pause = this.loop.callLater(pauseMs ?? ACCEPT_PAUSE_MS, () => {
      this.pause = null;
      if (this.socket.fileno() >= 0) this.watcher.arm();
      else this.onClosed();
    });
    this.loop.callExceptionHandler({ message, exception, socket: this.socket });
  }

  /** @internal */
  _descriptorClosed(): void {
    this.onClosed();
  }

  toString(): string {
    return `<listener fd=${this.socket.fileno()}>`;
  }
}
