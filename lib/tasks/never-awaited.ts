/**
 * Coroutines nobody awaited, in debug mode.
 *
 * Calling a coroutine function runs nothing, so a forgotten `yield*` or `await` is a silent mistake. It is reported once: when the
 * coroutine is collected, or when the loop closes. The record must not refer to the coroutine, or it would never be collected.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { runningLoopOrNull } from '../loop/running-loop.js';

/** A coroutine that waits to be awaited. */
export interface UnawaitedCoroutine {
  readonly loop: LoopCore;
  readonly name: string;
  readonly source: string | null;
}

const collected = new FinalizationRegistry<UnawaitedCoroutine>(report);

function report(record: UnawaitedCoroutine): void {
  const { loop, name, source } = record;
  if (!pendingOf(loop).delete(record)) return;
  loop.callExceptionHandler({ message: `coroutine ${name}() was never awaited`, source });
}

const pendingOf = onePerLoop((loop) => {
  const records = new Set<UnawaitedCoroutine>();
  loop._closeHooks.push(() => {
    for (const record of [...records]) report(record);
  });
  return records;
});

/** Watches a coroutine that was just made. Null unless a loop in debug mode runs. */
export function watchUnawaited(coroutine: object, name: string): UnawaitedCoroutine | null {
  const loop = runningLoopOrNull();
  if (loop === null || !loop.getDebug()) return null;
  const record = { loop, name, source: loop._sourceOfCaller() };
  pendingOf(loop).add(record);
  collected.register(coroutine, record, record);
  return record;
}

/** It was awaited, or given up deliberately. */
export function forgetUnawaited(record: UnawaitedCoroutine): void {
  pendingOf(record.loop).delete(record);
  collected.unregister(record);
}
