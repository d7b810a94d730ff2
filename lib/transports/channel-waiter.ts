/** What the two halves of a transport have in common: each stands in the loop's registry while it wants its channel to be ready. */

import { OSError } from '../errors/index.js';
import { addWaiter } from '../loop/add-waiter.js';
import { type ContextCarrier, captureContext } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { DescriptorWaiter } from '../loop/runnable.js';
import { EBADF } from '../sockets/errno.js';
import type { ByteChannel } from './channel.js';
import type { TransportOwner } from './owner.js';

/** Waits for its channel, armed or not; `_run` is called for each event while it is armed. */
export abstract class ChannelWaiter implements DescriptorWaiter, ContextCarrier {
  /** @internal Protocols run in the context of whoever made their transport or their server. */
  readonly _context = captureContext();
  /** True while it stands in the registry. */
  protected armed = false;

  constructor(
    protected readonly loop: LoopCore,
    protected readonly channel: ByteChannel,
    protected readonly owner: TransportOwner,
  ) {}

  /** @internal */
  get _carriedTask(): null {
    return null;
  }

  protected abstract get direction(): 'reader' | 'writer';

  /** @internal The channel is ready. */
  abstract _run(): void;

  /** Goes into the registry. If that fails, so does the connection. */
  protected arm(): void {
    if (this.armed) return;
    this.armed = true;
    try {
      const fd = this.channel.fileno();
      if (fd < 0) throw new OSError(EBADF, this.syscall()); // somebody else has closed it
      addWaiter(this.loop, fd, this.direction, this, this.channel);
    } catch (error) {
      this.armed = false;
      this.fail(error);
    }
  }

  /** Leaves the registry. */
  protected disarm(): void {
    if (!this.armed) return;
    this.armed = false;
    this.loop._descriptors.remove(this.channel.fileno(), this.direction, this);
  }

  /** A system call has failed with `-errno`: the connection is lost. */
  protected failed(errno: number): void {
    this.fail(new OSError(errno, this.syscall()));
  }

  private syscall(): string {
    return this.owner._syscall(this.direction);
  }

  private fail(error: unknown): void {
    this.owner._connectionFailed(error, this.direction === 'reader' ? 'read' : 'write');
  }

  /** @internal Called by the registry when it lets the waiter go. */
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
    this.owner._descriptorClosed();
  }

  toString(): string {
    return `<${this.direction} of ${this.owner.toString()}>`;
  }
}
