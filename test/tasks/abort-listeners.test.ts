/** Signals that serve many operations, and signals of a whole run. */

import { getEventListeners } from 'node:events';
import { setTimeout as nodeSleep } from 'node:timers/promises';

import {
  CancelledError,
  Event,
  Queue,
  Runner,
  type Steps,
  createTask,
  currentTask,
  gather,
  newEventLoop,
  run,
  runSync,
  sleep,
  taskGroup,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { turns } from '../support/every-loop.js';

const reason = new Error('the client has gone');

/** The number of listeners on a signal. */
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('the listeners on a signal', () => {
  it('are gone after 10,000 operations one after another', () =>
    runSync(function* () {
      const { signal } = new AbortController();
      for (let i = 0; i < 10_000; i += 1) yield* sleep(0, undefined, { signal });
      expect(listeners(signal)).toBe(0);
    }));

  it('are one for 10,000 operations at the same time, without a warning of a leak', () =>
    run(async () => {
      const warnings: Error[] = [];
      const record = (warning: Error): void => {
        if (warning.name !== 'ResourceWarning') warnings.push(warning); // those are about what other tests left to the collector
      };
      process.on('warning', record);
      const controller = new AbortController();
      const { signal } = controller;
      const event = new Event();
      const outcomes = Promise.allSettled(Array.from({ length: 10_000 }, () => event.wait({ signal })));
      await sleep(0);
      expect(listeners(signal)).toBe(1);
      controller.abort(reason);
      expect(listeners(signal)).toBe(0);
      const settled = await outcomes;
      expect(settled.every((each) => each.status === 'rejected' && each.reason === reason)).toBe(true);
      await nodeSleep(1); // warnings are emitted in a later tick
      process.off('warning', record);
      expect(warnings).toEqual([]);
    }));

  it('are not needed by an operation that does not wait', () =>
    runSync(function* () {
      const { signal } = new AbortController();
      let added = 0;
      signal.addEventListener = () => {
        added += 1;
      };
      const queue = new Queue<number>();
      yield* queue.put(1, { signal });
      yield* queue.get({ signal });
      expect(added).toBe(0);
    }));

  it('are removed when a coroutine that waits is closed', () => {
    const loop = newEventLoop();
    const { signal } = new AbortController();
    loop.runUntilComplete(function* () {
      const sleeping = sleep(60_000, undefined, { signal })[Symbol.iterator]();
      sleeping.next();
      expect(listeners(signal)).toBe(1);
      sleeping.return(undefined);
    });
    expect(listeners(signal)).toBe(0);
    loop.close();
  });

  it('do nothing once the loop is closed', () => {
    const loop = newEventLoop();
    loop.setExceptionHandler(() => undefined); // for the report of the pending task
    const controller = new AbortController();
    loop.runUntilComplete(function* () {
      createTask(() => sleep(60_000, undefined, { signal: controller.signal }));
      yield* turns(2);
    });
    loop.close();
    controller.abort();
  });
});

describe('a run with a signal', () => {
  it('cancels main, and rejects with the reason once main has cleaned up', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const main = async (): Promise<void> => {
      try {
        setTimeout(() => controller.abort(reason), 1);
        await sleep(60_000);
      } finally {
        await sleep(1);
        log.push('cleaned up');
      }
    };
    await expect(run(main, { signal: controller.signal })).rejects.toBe(reason);
    expect(log).toEqual(['cleaned up']);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('never starts main if the signal is aborted', async () => {
    let started = false;
    const main = function* (): Steps<void> {
      started = true;
    };
    await expect(run(main, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(() => runSync(main, { signal: AbortSignal.abort(reason) })).toThrow(reason);
    expect(started).toBe(false);
  });

  it('is aborted by its own tasks in a blocking loop', () => {
    const controller = new AbortController();
    const main = function* (): Steps<void> {
      createTask(function* () {
        yield* sleep(1);
        controller.abort(reason);
      });
      yield* sleep(60_000);
    };
    expect(() => runSync(main, { signal: controller.signal })).toThrow(reason);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('keeps the result of a main that ends in time, and the error of another cancellation', async () => {
    const controller = new AbortController();
    await using runner = new Runner({ signal: controller.signal });
    expect(await runner.run(() => sleep(1, 'in time'))).toBe('in time');
    const cancelsItself = function* (): Steps<void> {
      currentTask()!.cancel('enough');
      controller.abort(reason);
      yield;
    };
    await expect(runner.run(cancelsItself)).rejects.toBeInstanceOf(CancelledError);
    await expect(runner.run(() => sleep(1))).rejects.toBe(reason);
  });
});

describe('the options of an operation', () => {
  it('are refused unless they are an object with an AbortSignal', () =>
    runSync(function* () {
      expect(() => sleep(1, 0, null as never)).toThrow('sleep: options: expected an object of options, got null');
      expect(() => sleep(1, 0, { signal: null as never })).toThrow('sleep: signal: expected an AbortSignal, got null');
      expect(() => new Event().wait({ signal: {} as never })).toThrow('Event.wait: signal: expected an AbortSignal');
      expect(() => taskGroup(() => sleep(1), { signal: 5 as never })).toThrow(
        'taskGroup: signal: expected an AbortSignal',
      );
      expect(() => gather([], { signal: 5 as never })).toThrow('gather: signal: expected an AbortSignal, got 5');
      expect(() => new Runner({ signal: 'SIGINT' as never })).toThrow('Runner: signal: expected an AbortSignal');
      expect(yield* sleep(0, 1, { signal: undefined })).toBe(1);
      expect(yield* sleep(0, 1, {})).toBe(1);
    }));
});
