/**
 * Watches one direction of a descriptor for as long as it is armed.
 *
 * A task that waits once parks on a future (lib/sock/readiness.ts). An object that is called repeatedly, such as a transport, a
 * listener or a child process, has a watcher instead. A watcher stays in the loop's registry from one event to the next, so an event
 * costs one call and allocates nothing.
 */

import { OSError } from '../errors/index.js';
import type { Socket } from '../sockets/socket.js';
import { EBADF } from '../sockets/errno.js';
import { addWaiter } from './add-waiter.js';
import { type Carrier, enterCarrier, leaveCarrier } from './current-carrier.js';
import type { Direction } from './descriptor-registry.js';
import type { LoopCore } from './loop-core.js';
import type { DescriptorWaiter } from './runnable.js';

/** The target of a watcher. */
export interface Watched {
  /** @internal The descriptor is ready, at EOF, or in error. Level-triggered: called after every poll while that is so. */
  _ready(direction: Direction): void;
  /** @internal Other code is closing the descriptor. The watcher has been disarmed. */
  _descriptorClosed(): void;
  toString(): string;
}

/** Watches one direction of a descriptor for its target. */
export class Watcher implements DescriptorWaiter {
  /** @internal The socket that `target` receives from when ready, so that the batch may do it; see IoBatch. */
  _receivesFrom: Socket | null = null;
  private armed = false;

  /**
   * @param file owns the descriptor; the registry compares it to detect a reused descriptor number
   * @param carrier carries the context in which `target` is called
   */
  constructor(
    private readonly loop: LoopCore,
    private readonly file: { fileno(): number },
    private readonly direction: Direction,
    readonly target: Watched,
    private readonly carrier: Carrier,
  ) {}

  /** True from `arm` to `disarm`. */
  get isArmed(): boolean {
    return this.armed;
  }

  /**
   * Starts watching. Idempotent.
   *
   * @throws OSError EBADF if the descriptor is closed, EPERM if the selector cannot wait for it
   */
  arm(): void {
    if (this.armed) return;
    const fd = this.file.fileno();
    if (fd < 0) throw new OSError(EBADF, 'poll');
    addWaiter(this.loop, fd, this.direction, this, this.file);
    this.armed = true;
  }

  /** Stops watching. An event that the poll has already reported is dropped, unless `arm` is called before its turn comes. Idempotent. */
  disarm(): void {
    if (!this.armed) return;
    this.armed = false;
    this.loop._descriptors.remove(this.file.fileno(), this.direction, this);
  }

  /** @internal The loop runs the watcher as a handle: the descriptor is ready. */
  _run(): void {
    const previous = enterCarrier(this.carrier);
    this.target._ready(this.direction);
    leaveCarrier(previous); // if `_ready` throws, the loop restores the context
  }

  /** @internal Called by the registry when it replaces the watcher. */
  cancel(): void {
    this.armed = false;
  }

  /** @internal Returns true if the watcher was disarmed after it was put on the ready queue: the loop does not run it. */
  cancelled(): boolean {
    return !this.armed;
  }

  /** @internal Called by the registry when the descriptor is closed. */
  _descriptorClosed(): void {
    this.armed = false;
    this.target._descriptorClosed();
  }

  toString(): string {
    return `<${this.direction} of ${this.target.toString()}>`;
  }
}
