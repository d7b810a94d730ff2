/** Calls back whenever a socket is ready in one direction, while it is wanted. */

import { addWaiter } from '../loop/add-waiter.js';
import { type ContextCarrier, captureContext, enterCarrier, leaveCarrier } from '../loop/context.js';
import type { Direction } from '../loop/descriptor-registry.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import type { Socket } from '../sockets/index.js';

/** One direction of a socket. */
export class SocketWatch implements DescriptorWaiter, ContextCarrier {
  /** @internal Callbacks run in the context of whoever made the transport. */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  private armed = false;

  /** @param onClosed called when somebody else closes the socket */
  constructor(
    private readonly loop: LoopCore,
    private readonly socket: Socket,
    private readonly direction: Direction,
    private readonly onReady: () => void,
    private readonly onClosed: () => void,
  ) {}

  arm(): void {
    if (this.armed) return;
    addWaiter(this.loop, this.socket.fileno(), this.direction, this, this.socket);
    this.armed = true;
  }

  disarm(): void {
    if (!this.armed) return;
    this.armed = false;
    this.loop._descriptors.remove(this.socket.fileno(), this.direction, this);
  }

  /** @internal */
  _run(): void {
    const previous = enterCarrier(this);
    this.onReady();
    leaveCarrier(previous); // if something throws, the loop does this
  }

  /** @internal Called by the registry when it lets the watch go. */
  cancel(): void {
    this.armed = false;
  }

  /** @internal True if an event that was fetched already is to be dropped. */
  cancelled(): boolean {
    return !this.armed;
  }

  /** @internal */
  _descriptorClosed(): void {
    this.armed = false;
    this.onClosed();
  }

  toString(): string {
    return `<${this.direction} of a datagram transport, fd ${this.socket.fileno()}>`;
  }
}
