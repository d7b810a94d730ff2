/** Sleeping. */

import { outOfRange, wrongType } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Timer } from '../loop/runnable.js';
import { type Abortable, type Coroutine, Future, type Steps, operation } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';

/** A future that is its own timer: one object per sleep. */
class Sleep extends Future<void> implements Timer {
  readonly _when: number;
  readonly _sequence: number;
  _scheduled = false;

  constructor(loop: LoopCore, delayMs: number) {
    super({ loop });
    this._when = loop.time() + delayMs;
    this._sequence = loop._nextTimerSequence();
    loop._schedule(this);
  }

  _run(): void {
    if (!this.done()) this._finishNow();
  }

  /** @internal Its name in call graphs and traces. */
  override _describeWait(): string {
    return 'sleep';
  }

  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this._loop._timerCancelled(this);
    return cancelled;
  }
}

function* sleepSteps<T>(delayMs: number, result: T): Steps<T> {
  if (delayMs <= 0) yield;
  else yield* new Sleep(currentLoop(), delayMs);
  return result;
}

/** Returns true for `{ signal }` in place of the result: the sleep would ignore the signal silently. */
function isOptions(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'signal' in result && result.signal instanceof AbortSignal;
}

/**
 * Waits for at least `delayMs` milliseconds (fractions allowed), then returns `result`. With zero or less, the task yields to the loop
 * for one iteration. Cancelling it leaves no timer behind. A `signal` in the options ends the sleep, with the reason of the signal.
 *
 * @throws TypeError unless `delayMs` is a number, and for `{ signal }` in place of the result; RangeError for NaN
 *
 * @example
 * import { run, sleep } from 'selectloop';
 *
 * await run(async () => {
 *   console.log(await sleep(10, 'awake')); // awake
 * });
 */
export function sleep(delayMs: number): Coroutine<void>;
export function sleep<T>(delayMs: number, result: T, options?: Abortable): Coroutine<T>;
export function sleep<T>(delayMs: number, result?: T, options?: Abortable): Coroutine<T | undefined> {
  if (typeof delayMs !== 'number') throw wrongType('sleep: delayMs', 'a number of milliseconds', delayMs);
  if (Number.isNaN(delayMs)) throw outOfRange('sleep: delayMs', 'a number of milliseconds', delayMs);
  if (options === undefined && isOptions(result))
    throw wrongType('sleep: result', 'the options to come third, as in sleep(delayMs, undefined, { signal })', result);
  return operation('sleep', sleepSteps(delayMs, result), options);
}
