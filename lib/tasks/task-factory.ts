/** The task factories of loops, which create the tasks of a loop instead of the library. create-task.ts has their type. */

import { outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Future, isFuture } from './future.js';

interface AnyMaker {
  make(loop: LoopCore, source: unknown, options: object): unknown;
}
type AnyFactory = AnyMaker['make'];

const factories = new WeakMap<LoopCore, AnyFactory>();
/** False until a factory is first set: creating a task then needs no lookup. */
let inUse = false;

/** Returns the factory of a loop; null if it has none. */
export function factoryOf(loop: LoopCore): AnyFactory | null {
  return inUse ? (factories.get(loop) ?? null) : null;
}

/** Sets the factory of a loop, or removes it with null. TypeError for anything else that cannot be called. */
export function setFactoryOf(loop: LoopCore, factory: AnyFactory | null): void {
  if (factory === null) {
    factories.delete(loop);
    return;
  }
  if (typeof factory !== 'function') throw wrongType('setTaskFactory', 'a function or null', factory);
  inUse = true;
  factories.set(loop, factory);
}

/** Calls the loop's factory to create a task. TypeError unless it returns a future, RangeError if the future belongs to another loop. */
export function makeByFactory(factory: AnyFactory, loop: LoopCore, source: unknown, options: object): Future {
  const made = factory(loop, source, options);
  if (!isFuture(made)) throw wrongType('task factory', 'it to return a Task or a Future', made);
  if (made.getLoop() !== loop) throw outOfRange('task factory', 'it to return a future of the same loop', made);
  return made;
}
