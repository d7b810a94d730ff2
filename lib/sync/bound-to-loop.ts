/** A primitive belongs to the loop whose task first waited on it. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { currentLoop } from '../tasks/current-loop.js';
import { Waiter } from './waiter-queue.js';

/**
 * The base class of the primitives; creates the futures on which tasks wait.
 *
 * A primitive can be created before any loop runs. The first wait binds it to the running loop, because its waiters are futures of
 * that loop, and a task of another loop would never be woken.
 */
export abstract class BoundToLoop {
  private loop: LoopCore | null = null;

  /** Returns its class and state, for debugging. */
  toString(): string {
    return `<${this.constructor.name} ${this.describe()}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal Creates the future for one wait. Throws InvalidStateError if the primitive is bound to another loop. */
  _newWaiter<T = void>(): Waiter<T> {
    const loop = currentLoop();
    this.loop ??= loop;
    if (this.loop !== loop) throw new InvalidStateError(`${this.toString()} is bound to a different event loop`);
    return new Waiter<T>(loop, this);
  }

  /** @internal Describes its state in a few words. */
  protected abstract describe(): string;
}
