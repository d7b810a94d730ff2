/**
 * One direction of a descriptor, watched for as long as it is armed.
 *
 * A task that waits once parks on a future (lib/sock/readiness.ts). Whatever is called back again and again, such as a transport,
 * a listener or a child process, has a watcher instead: it stays in the loop's registry from event to event, so an event costs one
 * call and allocates nothing.
 */

import { OSError } from '../errors/index.js';
import type { Socket } from '../sockets/socket.js';
import { EBADF } from '../sockets/errno.js';
import { addWaiter } from './add-waiter.js';
import { type ContextCarrier, enterCarrier, leaveCarrier } from './context.js';
import type { Direction } from './descriptor-registry.js';
import type { LoopCore } from './loop-core.js';
import type { DescriptorWaiter } from './runnable.js';

/** What a watcher calls. */
export interface Watched {
  /** @internal The descriptor is ready, at its end, or in error. Called again in each iteration in which it still is. */
  _ready(direction: Direction): void;
  /** @internal Other code is closing the descriptor. The watcher is not armed any more. */
  _descriptorClosed(): void;
  toString(): string;
}

/** Watches one direction of a descriptor for its target. */
export class Watcher implements DescriptorWaiter {
  /** @internal The socket that `target` receives bytes from when it is ready; see IoBatch. */
  _receivesFrom: Socket | null = null;
  private armed = false;

  /**
   * @param file has the descriptor; the registry tells two lives of one number apart by this object
   * @param carrier of the context in which `target` is called
   */
  constructor(
    private readonly loop: LoopCore,
    private readonly file: { fileno(): number },
    private readonly direction: Direction,
    private readonly target: Watched,
    private readonly carrier: ContextCarrier,
  ) {}

  /** True from `arm` to `disarm`. */
  get isArmed(): boolean {
    return this.armed;
  }

  /**
   * Begins to watch. Idempotent.
   *
   * @throws OSError EBADF for a descriptor that is closed, EPERM for one that the selector cannot wait for
   */
  arm(): void {
    if (this.armed) return;
    const fd = this.file.fileno();
    if (fd < 0) throw new OSError(EBADF, 'poll');
    addWaiter(this.loop, fd, this.direction, this, this.file);
    this.armed = true;
  }

  /** Ends watching; an event that was fetched already is dropped. Idempotent. */
  disarm(): void {
    if (!this.armed) return;
    this.armed = false;
    this.loop._descriptors.remove(this.file.fileno(), this.direction, this);
  }

  /** @internal */
  _run(): void {
    const previous = enterCarrier(this.carrier);
    this.target._ready(this.direction);
    leaveCarrier(previous); // the loop does this if something throws
  }

  /** @internal Called by the registry when it replaces the watcher. */
  cancel(): void {
    this.armed = false;
  }

  /** @internal */
  cancelled(): boolean {
    return !this.armed;
  }

  /** @internal */
  _descriptorClosed(): void {
    this.armed = false;
    this.target._descriptorClosed();
  }

  toString(): string {
    return `<${this.direction} of ${this.target.toString()}>`;
  }
}
