/** Waiting for some of several futures. */

import { checkNames, outOfRange, wrongType, optionNames } from '../errors/index.js';
import {
  type Abortable,
  type Coroutine,
  Future,
  type Steps,
  isCoroutine,
  isFuture,
  operation,
} from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { currentLoop } from '../tasks/current-loop.js';
import { checkedMs } from './checked-ms.js';
import { type Several, elementsOf } from './elements.js';

/** The condition on which {@link wait} returns. */
export type ReturnWhen = 'ALL_COMPLETED' | 'FIRST_COMPLETED' | 'FIRST_EXCEPTION';

const RETURN_WHEN: readonly string[] = ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'] satisfies ReturnWhen[];

/** Options of {@link wait}. */
export interface WaitOptions extends Abortable {
  /** The time limit in milliseconds, counted from the moment when `wait` is awaited; null, the default: no limit. */
  timeoutMs?: number | null;
  /** Default: 'ALL_COMPLETED'. */
  returnWhen?: ReturnWhen;
}

const OPTIONS = optionNames<WaitOptions>({ timeoutMs: true, returnWhen: true, signal: true });

/** The result of {@link wait}: the futures by their state. */
export interface WaitResult<F> {
  done: Set<F>;
  pending: Set<F>;
}

/**
 * Waits until all futures are done, the first is done, or the first has failed, or until the time limit; a timeout is not an error.
 *
 * The errors of the futures are not thrown: call `result()` on each. A cancelled future counts as done, not as failed. Pending futures
 * keep running, even when the wait is cancelled, and the wait leaves no callback on them.
 *
 * @param futures an iterable of futures and tasks; duplicates count once
 * @throws TypeError for a single future, and for coroutines and promises (turn them into tasks or futures first, so that the caller
 *   holds a reference to the pending ones); RangeError for an empty iterable or an unknown `returnWhen`
 *
 * @example
 * import { createTask, run, sleep, wait } from 'selectloop';
 *
 * await run(async () => {
 *   const tasks = [createTask(sleep(10, 'fast')), createTask(sleep(60_000, 'slow'))];
 *   const { done, pending } = await wait(tasks, { returnWhen: 'FIRST_COMPLETED' });
 *   for (const task of done) console.log(task.result()); // fast
 *   for (const task of pending) task.cancel();
 * });
 */
export function wait<F extends Future>(futures: Several<F>, options: WaitOptions = {}): Coroutine<WaitResult<F>> {
  const { timeoutMs = null, returnWhen = 'ALL_COMPLETED' } = checkNames('wait: options', options, OPTIONS);
  const limitMs = checkedMs('wait: timeoutMs', timeoutMs);
  const distinct = elementsOf('wait', futures);
  for (const future of distinct) {
    if (isCoroutine(future)) throw wrongType('wait', 'futures and tasks (passing coroutines is forbidden)', future);
    if (!isFuture(future)) throw wrongType('wait', 'futures and tasks, such as those of createTask(fn)', future);
  }
  if (distinct.size === 0) throw outOfRange('wait', 'at least one future', []);
  if (!RETURN_WHEN.includes(returnWhen)) throw outOfRange('wait: returnWhen', RETURN_WHEN.join(', '), returnWhen);
  return operation('wait', waitSteps(distinct, limitMs, returnWhen), options, null);
}

function* waitSteps<F extends Future>(
  futures: Set<F>,
  timeoutMs: number | null,
  returnWhen: ReturnWhen,
): Steps<WaitResult<F>> {
  const loop = currentLoop();
  const waiter = new Future<void>({ loop });
  const wake = (): void => {
    if (!waiter.done()) waiter.setResult();
  };
  let left = futures.size;
  const onDone = (future: Future): void => {
    left -= 1;
    if (left === 0 || returnWhen === 'FIRST_COMPLETED') wake();
    else if (returnWhen === 'FIRST_EXCEPTION' && !future.cancelled() && future.exception() !== null) wake();
  };
  const timer = timeoutMs === null ? null : loop.callLater(timeoutMs, wake);
  onBehalfOf(waiter, onDone);
  for (const future of futures) future.addDoneCallback(onDone);
  try {
    yield* waiter;
  } finally {
    timer?.cancel();
    for (const future of futures) future.removeDoneCallback(onDone);
  }
  const done = new Set<F>();
  const pending = new Set<F>();
  for (const future of futures) (future.done() ? done : pending).add(future);
  return { done, pending };
}
