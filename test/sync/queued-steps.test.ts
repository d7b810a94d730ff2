/** The operations of primitives are iterators written by hand: they must behave like the generators they replace. */

import { Event, InvalidStateError, Lock, Queue, createTask, isCoroutine, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

describe('the steps of an operation that may queue', () => {
  it('count as a generator coroutine', () => {
    expect(isCoroutine(new Lock().acquire()[Symbol.iterator]())).toBe(true);
  });

  it('end once: further calls return undefined and take nothing from the queue', () => {
    const queue = new Queue<string>();
    queue.putNowait('one');
    queue.putNowait('two');
    const steps = queue.get()[Symbol.iterator]();
    expect([steps.next(), steps.next()]).toEqual([
      { done: true, value: 'one' },
      { done: true, value: undefined },
    ]);
    expect(queue.qsize()).toBe(1);
  });

  it('do nothing when they are ended before they begin', () => {
    const lock = new Lock();
    const error = new Error('given up');
    const [returned, thrown] = [lock.acquire()[Symbol.iterator](), lock.acquire()[Symbol.iterator]()];
    returned.return(undefined as never);
    expect(() => thrown.throw(error)).toThrow(error);
    expect([returned.next(), thrown.next()]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(lock.locked()).toBe(false);
  });

  it('leave the wait queue when they are ended while they wait', () => {
    runSync(function* () {
      const event = new Event();
      for (const end of ['return', 'throw'] as const) {
        const steps = event.wait()[Symbol.iterator]();
        steps.next();
        expect(String(event)).toBe('<Event unset, waiters: 1>');
        if (end === 'return') steps.return(true);
        else expect(() => steps.throw(new Error('ended'))).toThrow('ended');
        expect(String(event)).toBe('<Event unset>');
      }
    });
  });

  it('refuse to be driven by anything but a task', () => {
    runSync(function* () {
      const steps = new Event().wait()[Symbol.iterator]();
      steps.next();
      expect(() => steps.next()).toThrow(InvalidStateError);
    });
  });

  it('a waiter can leave from the middle of the wait queue', () => {
    const order: number[] = [];
    runSync(function* () {
      const lock = new Lock();
      yield* lock.acquire();
      const tasks = [0, 1, 2, 3].map((i) =>
        createTask(function* () {
          using _guard = yield* lock.acquire();
          order.push(i);
        }),
      );
      yield* sleep(0);
      for (const i of [1, 2]) tasks[i]!.cancel();
      yield* sleep(0);
      expect(String(lock)).toBe('<Lock locked, waiters: 2>');
      lock.release();
      yield* tasks[0]!;
      yield* tasks[3]!;
    });
    expect(order).toEqual([0, 3]);
  });
});
