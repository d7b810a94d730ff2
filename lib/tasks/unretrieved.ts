/**
 * Errors nobody looked at.
 *
 * A future that failed and whose error no one ever asked for would hide a bug. It is reported once: when the future is
 * collected, or when the loop closes. The record here must not refer to the future, or it would never be collected.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';

/** An error that waits to be retrieved. */
export interface UnretrievedError {
  readonly exception: unknown;
  /** What failed: "Task 'Task-3'", or "Future". */
  readonly what: string;
  readonly source: string | null;
}

const pendingOf = onePerLoop((loop) => {
  const records = new Set<UnretrievedError>();
  loop._closeHooks.push(() => {
    for (const record of [...records]) report(loop, record);
  });
  return records;
});

function report(loop: LoopCore, record: UnretrievedError): void {
  if (!pendingOf(loop).delete(record)) return;
  const { what, exception, source } = record;
  loop.callExceptionHandler({ message: `${what} exception was never retrieved`, exception, source });
}

const collected = new FinalizationRegistry<{ loop: LoopCore; record: UnretrievedError }>(({ loop, record }) => {
  report(loop, record);
});

/**
 * Remembers the error of `future` until it is retrieved.
 *
 * Until an Error's stack is asked for, V8 keeps the objects whose methods were on it, the failed task among them: it would live
 * as long as its own record, and never be reported. So the stack is turned into text here.
 */
export function rememberError(future: object, loop: LoopCore, record: UnretrievedError): void {
  if (record.exception instanceof Error) Reflect.get(record.exception, 'stack');
  pendingOf(loop).add(record);
  collected.register(future, { loop, record }, record);
}

/** Somebody has asked for the error. */
export function forgetError(loop: LoopCore, record: UnretrievedError): void {
  pendingOf(loop).delete(record);
  collected.unregister(record);
}
