/** A forgotten `yield*` or `await` is reported once, in debug mode. */

import {
  type Coroutine,
  EventLoop,
  type ExceptionContext,
  Lock,
  type Steps,
  coroutine,
  gather,
  sleep,
  timeout,
  waitFor,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { collectGarbage } from './both-flavours.js';

const work = coroutine(function* work(): Steps<number> {
  yield* sleep(0);
  return 1;
});

function inLoop(debug: boolean, body: () => Steps<void>): { loop: EventLoop; errors: ExceptionContext[] } {
  const loop = new EventLoop({ debug });
  loop.slowCallbackMs = Infinity; // on a busy machine every callback may be slow
  const errors = collectErrors(loop);
  loop.runUntilComplete(body);
  return { loop, errors };
}

describe('a coroutine that is never awaited', () => {
  it('is reported when it is collected, with its name and where it was made', async () => {
    const { loop, errors } = inLoop(true, function* () {
      void (work() as unknown);
      void (sleep(1) as unknown);
    });
    await collectGarbage();
    expect(errors.map(({ message }) => message).sort()).toEqual([
      'coroutine sleep() was never awaited',
      'coroutine work() was never awaited',
    ]);
    for (const { source } of errors) expect(source?.split('\n')[0]).toMatch(/never-awaited\.test\.ts:\d+:\d+/);
    loop.close();
    expect(errors).toHaveLength(2);
  });

  it('is reported when the loop closes, if it has not been collected', async () => {
    const kept: unknown[] = [];
    const { loop, errors } = inLoop(true, function* () {
      kept.push(work());
    });
    await collectGarbage();
    expect(errors).toEqual([]);
    loop.close();
    expect(errors.map(({ message }) => message)).toEqual(['coroutine work() was never awaited']);
    kept.length = 0;
    await collectGarbage();
    expect(errors).toHaveLength(1);
  });

  it('is not reported when it was awaited in any way, or closed', async () => {
    const lock = new Lock();
    const { loop, errors } = inLoop(true, function* () {
      yield* work();
      yield* gather([work(), work()]);
      yield* waitFor(work(), 100);
      yield* timeout(100, function* () {
        using _guard = yield* lock.acquire();
      });
      work().close();
    });
    loop.close();
    await collectGarbage();
    expect(errors).toEqual([]);
  });

  it('is not reported outside debug mode', async () => {
    const kept: Array<Coroutine<unknown>> = [];
    const { loop, errors } = inLoop(false, function* () {
      kept.push(work());
    });
    loop.close();
    kept.length = 0;
    await collectGarbage();
    expect(errors).toEqual([]);
  });
});
