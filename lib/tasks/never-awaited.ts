/**
 * Coroutines nobody awaited, in debug mode.
 *
 * Calling a coroutine function runs nothing, so a forgotten `yield*` or `await` is a silent mistake. It is reported once: when the
 * coroutine is collected, or when the loop closes. The record must not refer to the coroutine, or it would never be collected.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { runningLoopOrNull } from '../loop/running-loop.js';

/** A coroutine that waits to be awaited. */
export interface UnawaitedCoroutine {
  readonly loop: LoopCore;
  readonly name: string;
  readonly source: string | null;
}

const pending = new WeakMap<LoopCore, Set<UnawaitedCoroutine>>();

const collected = new FinalizationRegistry<UnawaitedCoroutine>(report);

function report(record: UnawaitedCoroutine): void {
  const { loop, name, source } = record;
  if (pending.get(loop)?.delete(record) !== true) return;
  loop.callExceptionHandler({ message: `coroutine ${name}() was never awaited`, source });
}

function pendingOf(loop: LoopCore): Set<UnawaitedCoroutine> {
  let records = pending.get(loop);
  if (records === undefined) {
    const made = new Set<UnawaitedCoroutine>();
    records = made;
    pending.set(loop, made);
    loop._closeHooks.push(() => {
      for (const record of [...made]) report(record);
    });
  }
  return records;
}

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
  pending.get(record.loop)?.delete(record);
  collected.unregister(record);
}
