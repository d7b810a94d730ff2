import { describe, expect, it } from 'vitest';

import {
  CancelledError,
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  run,
  runSync,
  shield,
  sleep,
  taskGroup,
  timeout,
  toThread,
  waitFor,
} from '../../lib/index.js';

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Even `value instanceof Error` throws for these. */
const values: ReadonlyArray<[string, () => object]> = [
  ['a revoked proxy', revokedProxy],
  ['a proxy whose traps throw', () => new Proxy({}, { getPrototypeOf: fails, get: fails, has: fails })],
];

function fails(): never {
  throw new TypeError('the trap');
}

/** In an array, because a promise that is resolved with a value examines it. */
const thrownBy = async (promise: PromiseLike<unknown>): Promise<unknown[]> =>
  await promise.then(
    () => expect.unreachable('it returned'),
    (error: unknown) => [error],
  );

describe.each(values)('%s', (_, make) => {
  it('is a reason to cancel a generator task, at a wait and before its first step', () =>
    runSync(function* () {
      const value = make();
      for (const steps of [0, 1]) {
        const task = createTask(sleep(1000));
        for (let i = 0; i < steps; i += 1) yield* sleep(0);
        task.cancel(value);
        yield* sleep(0);
        expect(task.cancelled()).toBe(true);
        try {
          task.result();
          expect.unreachable();
        } catch (error) {
          expect((error as CancelledError).name).toBe('CancelledError');
          expect((error as CancelledError).reason === value).toBe(true);
        }
      }
    }));

  it('is a reason to cancel an async function, and what waits for others', () =>
    run(async () => {
      const loop = getRunningLoop();
      const bodies = [
        async () => await sleep(1000),
        async () => await waitFor(sleep(1000), 500),
        async () => await gather([sleep(1000), sleep(2000)]),
        async () => await shield(sleep(10)),
        async () => await timeout(1000, async () => await sleep(500)),
        async () => await taskGroup(async (group) => void group.createTask(sleep(1000))),
      ];
      const tasks = bodies.map((body) => loop.createTask<unknown>(body));
      await sleep(0);
      for (const task of tasks) task.cancel(make());
      for (const task of tasks) expect((await thrownBy(task))[0]).toBeInstanceOf(CancelledError);
    }));

  it('is passed on when a program throws it', () =>
    run(async () => {
      const value = make();
      const generator = function* (): Steps<void> {
        yield* sleep(0);
        throw value;
      };
      const fn = async (): Promise<void> => {
        await sleep(0);
        throw value;
      };
      for (const body of [generator, fn]) {
        // toBe() would examine the value to print it.
        expect((await thrownBy(createTask(body)))[0] === value).toBe(true);
        expect((await thrownBy(waitFor(createTask(body), 1000)))[0] === value).toBe(true);
        expect((await thrownBy(gather([createTask(body)])))[0] === value).toBe(true);
        expect((await thrownBy(timeout(1000, body)))[0] === value).toBe(true);
        const [group] = await thrownBy(taskGroup(async (tasks) => void tasks.createTask(body)));
        expect((group as AggregateError).errors[0] === value).toBe(true);
      }
    }));

  it('is reported when a callback throws it, and the loop goes on', () =>
    runSync(function* () {
      const value = make();
      const loop = getRunningLoop();
      const reported: unknown[] = [];
      loop.setExceptionHandler((_loop, { exception }) => reported.push(exception));
      loop.callSoon(() => {
        throw value;
      });
      yield* sleep(1);
      expect(reported).toHaveLength(1);
      expect(reported[0] === value).toBe(true);
    }));
});

it('an error says so when a function in a thread throws a revoked proxy', () =>
  run(async () => {
    const [error] = await thrownBy(
      toThread(() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy;
      }),
    );
    expect((error as Error).message).toMatch(/^thrown: /);
  }));

it('a function whose name is a symbol is anonymous in messages', async () => {
  const reported: string[] = [];
  const odd = Object.defineProperty(
    () => {
      throw new Error('odd');
    },
    'name',
    { value: Symbol('name') },
  );
  await run(async () => {
    const loop = getRunningLoop();
    loop.setExceptionHandler((_loop, { message }) => reported.push(message));
    loop.callSoon(odd);
    const task = createTask(odd, { name: 'odd' });
    await expect(task).rejects.toThrow('odd');
    reported.push(String(task));
  });
  expect(reported).toEqual([
    'Exception in callback <Handle anonymous()>',
    "<Task failed exception=Error: odd name='odd' coro=anonymous()>",
  ]);
});
