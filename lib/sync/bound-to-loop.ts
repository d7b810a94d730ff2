/** Primitives belong to the loop that first blocked on them. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Future } from '../tasks/index.js';

/**
 * The base of everything that tasks wait for in a queue: makes the futures they wait on.
 *
 * A primitive may be made before any loop runs. The first wait binds it: from then on it has a queue of futures of that loop,
 * and a task of another loop that queued up with them would never be woken.
 */
export abstract class BoundToLoop {
  private loop: LoopCore | null = null;

  /** Says what it is and its state. */
  toString(): string {
    return `<${this.constructor.name} ${this.describe()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal A future for one wait. InvalidStateError when the primitive is bound to another loop. */
  protected newWaiter<T = void>(): Future<T> {
    const loop = currentLoop();
    this.loop ??= loop;
    if (this.loop !== loop) throw new InvalidStateError(`${this.toString()} is bound to a different event loop`);
    return new WaiterOf<T>(loop, this);
  }

  /** @internal Its state in a few words. */
  protected abstract describe(): string;
}

/** A wait that can tell what it is for, to traces and call graphs. */
class WaiterOf<T> extends Future<T> {
  constructor(
    loop: LoopCore,
    private readonly primitive: BoundToLoop,
  ) {
    super({ loop });
  }

  override _describeWait(): string {
    return this.primitive.constructor.name;
  }
}

/** ", waiters: 3", or nothing. */
export function describeWaiters(waiters: ReadonlySet<Future<void>>): string {
  return waiters.size === 0 ? '' : `, waiters: ${waiters.size}`;
}

/** True if one of them still waits, or was woken and has not run yet: whoever comes now has to queue up. */
export function anyoneQueues(waiters: ReadonlySet<Future<void>>): boolean {
  for (const waiter of waiters) if (!waiter.cancelled()) return true;
  return false;
}
