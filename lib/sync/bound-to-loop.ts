/** Primitives belong to the loop that first blocked on them. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Waiter } from './waiter-queue.js';

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
  _newWaiter<T = void>(): Waiter<T> {
    const loop = currentLoop();
    this.loop ??= loop;
    if (this.loop !== loop) throw new InvalidStateError(`${this.toString()} is bound to a different event loop`);
    return new Waiter<T>(loop, this);
  }

  /** @internal Its state in a few words. */
  protected abstract describe(): string;
}
