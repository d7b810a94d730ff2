/**
 * Debug mode reports coroutines that were never awaited.
 *
 * Calling a coroutine function runs nothing, so a forgotten `yield*` or `await` is a silent mistake. It is reported once, when the
 * coroutine is garbage collected or when the loop closes. The record must not refer to the coroutine, which would keep it alive.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { runningLoopOrNull } from '../loop/running-loop.js';
import { Collected } from '../platform/collected.js';

/** The record of a coroutine that has not been awaited yet. */
export interface UnawaitedCoroutine {
  readonly loop: LoopCore;
  readonly name: string;
  readonly source: string | null;
}

const collected = new Collected<UnawaitedCoroutine>(report);

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

/** Watches a new coroutine. Returns null unless a loop in debug mode is running. */
export function watchUnawaited(coroutine: object, name: string): UnawaitedCoroutine | null {
  const loop = runningLoopOrNull();
  if (loop === null || !loop.getDebug()) return null;
  const record = { loop, name, source: loop._sourceOfCaller() };
  pendingOf(loop).add(record);
  collected.register(coroutine, record, record);
  return record;
}

/** Stops watching: the coroutine was awaited, or closed. */
export function forgetUnawaited(record: UnawaitedCoroutine): void {
  pendingOf(record.loop).delete(record);
  collected.unregister(record);
}
