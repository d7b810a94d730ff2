/** What a signal does to the operation that it is passed to, and what it leaves alone. */

import { getEventListeners } from 'node:events';

import {
  CancelledError,
  Condition,
  type Coroutine,
  ExceptionGroup,
  Future,
  Queue,
  type Steps,
  StreamReader,
  TimeoutError,
  asCompleted,
  createTask,
  currentTask,
  gather,
  isCancelled,
  moveOnAfter,
  run,
  runSync,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { errorOf, turns } from '../support/every-loop.js';

const reason = new Error('the client has gone');

/** The number of listeners on a signal. */
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** Runs steps to their end and returns what they throw. */
function* thrownBy(steps: Iterable<unknown> & { [Symbol.iterator](): Steps<unknown> }): Steps<unknown> {
  try {
    yield* steps;
  } catch (error) {
    return error;
  }
  throw new Error('expected the operation to fail');
}

describe('an aborted operation', () => {
  it('throws an AbortError by default, which is not a cancellation', () =>
    runSync(function* () {
      const controller = new AbortController();
      const task = createTask(() => sleep(60_000, undefined, { signal: controller.signal }));
      yield* turns(2);
      controller.abort();
      const error = yield* errorOf(task);
      expect(error).toMatchObject({ name: 'AbortError', code: 20 });
      expect(isCancelled(error)).toBe(false);
      expect(task.cancelled()).toBe(false);
    }));

  it('throws the TimeoutError of AbortSignal.timeout', () =>
    run(async () => {
      const sleeping = sleep(60_000, undefined, { signal: AbortSignal.timeout(1) });
      await expect(Promise.resolve(sleeping)).rejects.toMatchObject({ name: 'TimeoutError' });
    }));

  it('leaves the other operations of an async function alone', () =>
    run(async () => {
      const controller = new AbortController();
      const results = Promise.allSettled([sleep(60_000, 1, { signal: controller.signal }), sleep(3, 'slept')]);
      await sleep(1);
      controller.abort(reason);
      expect(await results).toEqual([
        { status: 'rejected', reason },
        { status: 'fulfilled', value: 'slept' },
      ]);
      expect(currentTask()!.cancelling()).toBe(0);
    }));

  it('throws in an async function, which may continue', () =>
    run(async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 1);
      await expect(Promise.resolve(new Queue().get({ signal: controller.signal }))).rejects.toBe(reason);
      expect(await sleep(1, 'continues')).toBe('continues');
    }));

  it('cleans up as after a cancellation: a condition is locked again', () =>
    runSync(function* () {
      const condition = new Condition();
      const controller = new AbortController();
      yield* condition.acquire();
      const waiter = createTask(function* () {
        const error = yield* thrownBy(condition.wait({ signal: controller.signal }));
        return [error, condition.locked()];
      });
      yield* turns(2);
      yield* condition.acquire(); // so that the clean-up has to wait for the lock
      controller.abort(reason);
      yield* turns(3);
      expect(waiter.done()).toBe(false);
      condition.release();
      expect(yield* waiter).toEqual([reason, true]);
    }));

  it('has taken no item if the signal is aborted together with its arrival', () =>
    runSync(function* () {
      const queue = new Queue<number>();
      const controller = new AbortController();
      const getter = createTask(() => queue.get({ signal: controller.signal }));
      yield* turns(2);
      queue.putNowait(1);
      controller.abort(reason);
      expect(yield* errorOf(getter)).toBe(reason);
      expect(queue.getNowait()).toBe(1);
    }));

  it('keeps its result if it ends before it meets the request', () =>
    runSync(function* () {
      const controller = new AbortController();
      const condition = new Condition();
      yield* condition.acquire();
      const value = yield* condition.waitFor(
        () => {
          controller.abort(reason);
          return 'done';
        },
        { signal: controller.signal },
      );
      expect(value).toBe('done');
    }));

  it('ends at its next wait if it aborts its own signal', () =>
    runSync(function* () {
      const controller = new AbortController();
      const body = function* (): Steps<void> {
        controller.abort(reason);
        yield* sleep(60_000);
      };
      expect(yield* thrownBy(waitFor(body(), null, { signal: controller.signal }))).toBe(reason);
    }));

  it('ends with the CancelledError if its task is cancelled also, before or after', () =>
    runSync(function* () {
      for (const order of [
        ['cancel', 'abort'],
        ['abort', 'cancel'],
      ]) {
        const operations: Array<(signal: AbortSignal) => Coroutine<unknown> | Future> = [
          (signal) => sleep(60_000, undefined, { signal }),
          (signal) => gather([sleep(60_000)], { signal }),
          (signal) => gather([sleep(60_000)], { signal, returnExceptions: true }),
          (signal) => taskGroup(() => sleep(60_000), { signal }),
        ];
        for (const operate of operations) {
          const controller = new AbortController();
          const task = createTask(() => operate(controller.signal));
          yield* turns(2);
          for (const each of order) {
            if (each === 'abort') controller.abort(reason);
            else task.cancel('enough');
          }
          const error = yield* errorOf(task);
          expect(error).toBeInstanceOf(CancelledError);
          expect(task.cancelled()).toBe(true);
          expect(listeners(controller.signal)).toBe(0);
        }
      }
    }));

  it('ends with the TimeoutError of a timeout around it, and lets a timeout inside it expire', () =>
    runSync(function* () {
      const controller = new AbortController();
      const { signal } = controller;
      expect(yield* thrownBy(timeout(1, () => sleep(60_000, undefined, { signal })))).toBeInstanceOf(TimeoutError);
      const inner = timeout(1, () => sleep(60_000), { signal });
      expect(yield* thrownBy(inner)).toBeInstanceOf(TimeoutError);
      expect(yield* moveOnAfter(1, () => sleep(60_000), { signal })).toMatchObject({ cancelled: true });
      expect(listeners(signal)).toBe(0);
    }));

  it('wraps the CancelledError of the signal of a task, which would look like a cancellation', () =>
    runSync(function* () {
      const other = createTask(() => sleep(60_000));
      yield* turns(1);
      const task = createTask(() => sleep(60_000, undefined, { signal: other.signal }));
      yield* turns(2);
      other.cancel('enough');
      expect(yield* errorOf(task)).toMatchObject({
        name: 'AbortError',
        cause: { name: 'CancelledError', message: 'enough' },
      });
      expect(task.cancelled()).toBe(false);
    }));

  it('ends after the async function that left it running', () =>
    run(async () => {
      const controller = new AbortController();
      const outcomes: unknown[] = [];
      await createTask(async () => {
        void sleep(60_000, undefined, { signal: controller.signal }).then(undefined, (error) => outcomes.push(error));
        await sleep(0);
      });
      controller.abort(reason);
      await sleep(1);
      expect(outcomes).toEqual([reason]);
    }));
});

describe('a signal that is aborted already', () => {
  it('stops an operation before it starts, even one that need not wait', () =>
    run(async () => {
      const signal = AbortSignal.abort(reason);
      const queue = new Queue<number>();
      queue.putNowait(1);
      const reader = new StreamReader();
      reader.feedData(Buffer.from('line\n'));
      let calls = 0;
      const never = async (): Promise<void> => {
        calls += 1;
      };
      for (const operation of [
        queue.get({ signal }),
        reader.readline({ signal }),
        taskGroup(never, { signal }),
        timeout(10, never, { signal }),
        gather([createTask(never)], { signal }),
        waitFor(createTask(never), 10, { signal }),
      ]) {
        await expect(Promise.resolve(operation)).rejects.toBe(reason);
      }
      expect(queue.qsize()).toBe(1);
      expect(String(await reader.readline())).toBe('line\n');
      await sleep(0);
      expect(calls).toBe(1); // the task that waitFor was given runs, as without it
    }));

  it('never starts the coroutines of gather', () =>
    runSync(function* () {
      let started = 0;
      const body = function* (): Steps<void> {
        started += 1;
      };
      expect(yield* thrownBy(gather([body(), body()], { signal: AbortSignal.abort(reason) }) as never)).toBe(reason);
      yield* turns(3);
      expect(started).toBe(0);
    }));
});

describe('a task group with a signal', () => {
  it('cancels its tasks and waits for them', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const body = async (): Promise<unknown> =>
      await taskGroup(
        async (group) => {
          group.createTask(async () => {
            try {
              await sleep(60_000);
            } finally {
              await sleep(1);
              log.push('cleaned up');
            }
          });
          setTimeout(() => controller.abort(reason), 1);
          await sleep(60_000);
        },
        { signal: controller.signal },
      );
    await run(async () => {
      await expect(body()).rejects.toBe(reason);
      expect(log).toEqual(['cleaned up']);
      expect(currentTask()!.cancelling()).toBe(0);
      expect(await sleep(1, 'continues')).toBe('continues');
    });
  });

  it('throws the errors of its tasks before the reason', () =>
    runSync(function* () {
      const controller = new AbortController();
      const group = taskGroup(
        function* (members) {
          members.createTask(function* () {
            try {
              yield* sleep(60_000);
            } finally {
              throw new RangeError('in the clean-up'); // eslint-disable-line no-unsafe-finally -- the point of the test
            }
          });
          yield;
          controller.abort(reason);
          yield* sleep(60_000);
        },
        { signal: controller.signal },
      );
      const error = yield* thrownBy(group);
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect((error as ExceptionGroup).errors).toMatchObject([{ message: 'in the clean-up' }]);
      expect(currentTask()!.cancelling()).toBe(0);
      yield* sleep(0);
    }));
});

describe('asCompleted with a signal', () => {
  it('can be resumed after an aborted wait', () =>
    run(async () => {
      const controller = new AbortController();
      const future = new Future<string>();
      const iteration = asCompleted([future], { signal: controller.signal });
      const iterator = iteration[Symbol.asyncIterator]();
      setTimeout(() => controller.abort(reason), 1);
      await expect(iterator.next()).rejects.toBe(reason);
      future.setResult('late');
      await expect(iterator.next()).rejects.toBe(reason);
      expect(future.result()).toBe('late');
    }));
});
