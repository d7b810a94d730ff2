/** The task factories of loops: who makes the tasks of a loop instead of the library. Typed in create-task.ts. */

import { outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Future, isFuture } from './future.js';

interface AnyMaker {
  make(loop: LoopCore, source: unknown, options: object): unknown;
}
type AnyFactory = AnyMaker['make'];

const factories = new WeakMap<LoopCore, AnyFactory>();
/** Until somebody sets a factory, making a task looks nowhere. */
let inUse = false;

/** The factory of a loop; null when it has none. */
export function factoryOf(loop: LoopCore): AnyFactory | null {
  return inUse ? (factories.get(loop) ?? null) : null;
}

/** Sets the factory of a loop, or removes it with null. TypeError for anything else that cannot be called. */
export function setFactoryOf(loop: LoopCore, factory: AnyFactory | null): void {
  if (factory === null) {
    factories.delete(loop);
    return;
  }
  if (typeof factory !== 'function') throw wrongType('setTaskFactory', 'a callable or null', factory);
  inUse = true;
  factories.set(loop, factory);
}

/** Has the loop's factory make a task. TypeError unless it returns a future, RangeError if that is one of another loop. */
export function makeByFactory(factory: AnyFactory, loop: LoopCore, source: unknown, options: object): Future {
  const made = factory(loop, source, options);
  if (!isFuture(made)) throw wrongType('task factory', 'it to return a Task or a Future', made);
  if (made.getLoop() !== loop) throw outOfRange('task factory', 'it to return a future of the same loop', made);
  return made;
}
