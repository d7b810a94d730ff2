/**
 * One table of all ways to run: three selectors, hosted and blocking.
 *
 *     describe.each(everyLoop)('$name', ({ run }) => {
 *       it('does something', async () => run(function* () { ... }));
 *     });
 *
 * Generator bodies run in both modes. Async bodies need Node's own loop: `hostedLoops`.
 */

import {
  type EventLoop,
  type Steps,
  type Task,
  getRunningLoop,
  isCancelled,
  newEventLoop,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { type Selector, type SelectorName, selectorByName } from 'selectloop/selectors';

type Body<T> = () => Steps<T>;

/** One way to run a loop. */
export interface LoopKind {
  readonly name: string;
  readonly selector: SelectorName;
  readonly hosted: boolean;
  /** Runs a generator function as main. The promise rejects with what main throws; in blocking mode it is already settled. */
  run<T>(body: Body<T>): Promise<T>;
  /** The same with a loop of the test, such as one with an instrumented selector. */
  runOn<T>(loop: EventLoop, body: Body<T>): Promise<T>;
}

function kindOf(selector: SelectorName, hosted: boolean): LoopKind {
  const runOn = async <T>(loop: EventLoop, body: Body<T>): Promise<T> => {
    const options = { loopFactory: () => loop };
    return hosted ? await run(body, options) : runSync(body, options);
  };
  return {
    name: `${selector}, ${hosted ? 'hosted' : 'blocking'}`,
    selector,
    hosted,
    run: (body) => runOn(newEventLoop({ selector }), body),
    runOn,
  };
}

const selectors = ['select', 'poll', 'epoll'] as const;

/** Hosted by libuv, where async functions run. */
export const hostedLoops: readonly LoopKind[] = selectors.map((selector) => kindOf(selector, true));

/** Both modes, for generator coroutines. */
export const everyLoop: readonly LoopKind[] = [...hostedLoops, ...selectors.map((selector) => kindOf(selector, false))];

/** The calls that a counting selector has received. */
export interface SelectorCalls {
  register: number;
  modify: number;
  unregister: number;
}

/** A kernel selector that counts the changes of its registrations. */
export function countingSelector(name: SelectorName): { selector: Selector; calls: SelectorCalls } {
  const selector: Selector = new (selectorByName(name))();
  const calls: SelectorCalls = { register: 0, modify: 0, unregister: 0 };
  for (const method of ['register', 'modify', 'unregister'] as const) {
    const original = selector[method].bind(selector) as (...args: unknown[]) => never;
    selector[method] = (...args: unknown[]) => {
      calls[method] += 1;
      return original(...args);
    };
  }
  return { selector, calls };
}

/** Yields to the loop `n` times. */
export function* turns(n: number): Steps<void> {
  for (let i = 0; i < n; i += 1) yield;
}

/** Waits for a task and returns what it threw; an Error if it threw nothing. */
export function* errorOf(task: Task): Steps<unknown> {
  try {
    yield* task;
  } catch (error) {
    return error;
  }
  throw new Error(`expected ${String(task)} to fail`);
}

/** Cancels a task and waits until it has ended cancelled. */
export function* cancelled(task: Task): Steps<void> {
  task.cancel();
  const error = yield* errorOf(task);
  if (!isCancelled(error)) throw error;
}

/** The number of descriptors that the running loop waits for. */
export function waiting(): { readers: number; writers: number } {
  const { readers, writers } = getRunningLoop().statistics();
  return { readers, writers };
}

/** The number of iterations of the running loop. */
export function iterations(): number {
  return getRunningLoop().statistics().iterations;
}

/**
 * Waits for `forMs`; an Error if the loop makes more than `most` iterations meanwhile.
 *
 * It measures again before it fails: while V8 sweeps after a collection it posts some hundred tasks through libuv, on a busy machine
 * for longer than one such time. That passes, but a loop that spins does not stop.
 */
export function* expectQuiet(forMs = 30, most = 10): Steps<void> {
  const counts: number[] = [];
  while (counts.length < 50) {
    const before = iterations();
    yield* sleep(forMs);
    const count = iterations() - before;
    if (count <= most) return;
    counts.push(count);
  }
  throw new Error(
    `expected at most ${most} iterations in ${forMs} ms, got at least ${Math.min(...counts)} again and again`,
  );
}
