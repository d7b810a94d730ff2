/**
 * Reports errors that were never retrieved.
 *
 * A failed future whose error is never retrieved would hide a bug. It is reported once, when the future is garbage collected or when the
 * loop closes. The record must not refer to the future, which would keep it alive.
 */

import { isError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Collected } from '../platform/collected.js';

/** The record of an error that has not been retrieved yet. */
interface UnretrievedError {
  readonly loop: LoopCore;
  readonly exception: unknown;
  /** The failed future: "Task 'Task-3'", or "Future". */
  readonly what: string;
  readonly source: string | null;
}

const recordOf = new WeakMap<object, UnretrievedError>();

const pendingOf = onePerLoop((loop) => {
  const records = new Set<UnretrievedError>();
  loop._closeHooks.push(() => {
    for (const record of [...records]) report(record);
  });
  return records;
});

function report(record: UnretrievedError): void {
  const { loop, what, exception, source } = record;
  if (!pendingOf(loop).delete(record)) return;
  loop.callExceptionHandler({ message: `${what} exception was never retrieved`, exception, source });
}

const collected = new Collected<UnretrievedError>(report);

/**
 * Records the error of `future` until it is retrieved.
 *
 * Until the stack of an Error is formatted, V8 keeps the objects whose methods were on it alive, including the failed task: it would live
 * as long as its own record, and never be reported. So the stack is formatted here.
 */
export function expectRetrieval(future: object, record: UnretrievedError): void {
  if (isError(record.exception)) Reflect.get(record.exception, 'stack');
  recordOf.set(future, record);
  pendingOf(record.loop).add(record);
  collected.register(future, record, record);
}

/** The error of `future` was retrieved. */
export function markRetrieved(future: object): void {
  const record = recordOf.get(future);
  if (record === undefined) return;
  recordOf.delete(future);
  pendingOf(record.loop).delete(record);
  collected.unregister(record);
}

/** Returns true if `future` has failed, and its error was not retrieved. */
export function isUnretrieved(future: object): boolean {
  return recordOf.has(future);
}
