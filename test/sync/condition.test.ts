import {
  Condition,
  Future,
  InvalidStateError,
  Lock,
  type Steps,
  createTask,
  getRunningLoop,
  runSync,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, inBothFlavours as bothBodies, outcomeOf, turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

describe('Condition', () => {
  it('refuses notify, release and wait while its lock is free', () => {
    const condition = new Condition();
    expect(() => condition.notify()).toThrow(new InvalidStateError('Condition.notify: the lock is not acquired'));
    expect(() => condition.notifyAll()).toThrow(InvalidStateError);
    expect(() => condition.release()).toThrow(InvalidStateError);
    expect(() => runSync(condition.wait())).toThrow(InvalidStateError);
  });

  inBothFlavours('releases the lock while it waits, and holds it again afterwards', function* (start, { log }) {
    const condition = new Condition();
    const task = start(
      () => condition.acquire(),
      () => condition.wait(),
      () => log.push(`locked: ${condition.locked()}`),
      () => condition.release(),
      () => 'end',
    );
    yield* turns();
    expect(condition.locked()).toBe(false);
    yield* condition.acquire();
    condition.notify();
    yield* turns();
    expect(log).toEqual([]); // notified, but the driver holds the lock
    condition.release();
    yield* turns();
    expect(log).toEqual(['locked: true']);
    expect(task.result()).toBe('end');
    expect(String(condition)).toBe('<Condition unlocked>');
  });

  inBothFlavours('wait returns true', function* (start) {
    const condition = new Condition();
    const task = start(
      () => condition.acquire(),
      () => condition.wait(),
    );
    yield* turns();
    yield* condition.acquire();
    condition.notifyAll();
    condition.release();
    expect(yield* task).toBe(true);
  });

  inBothFlavours(
    'notify wakes at most n waiters, the longest waiting first, one after the other',
    function* (start, { log }) {
      const condition = new Condition();
      const go = [1, 2, 3, 4].map((name) => {
        const gate = new Future<void>();
        start(
          () => condition.acquire(),
          () => condition.wait(),
          () => log.push(name),
          () => gate,
          () => condition.release(),
        );
        return gate;
      });
      yield* turns(6);
      yield* condition.acquire();
      condition.notify(1);
      condition.notify(2);
      condition.release();
      for (const [index, expected] of [[1], [1, 2], [1, 2, 3]].entries()) {
        yield* turns();
        expect(log).toEqual(expected);
        go[index]?.setResult();
      }
      yield* turns();
      expect(log).toEqual([1, 2, 3]);
      expect(String(condition)).toBe('<Condition unlocked, waiters: 1>');
      yield* condition.acquire();
      condition.notify(2048);
      condition.release();
      yield* turns();
      expect(log).toEqual([1, 2, 3, 4]);
      go[3]?.setResult();
      yield* turns();
    },
  );

  it('notify rejects a count that is not an integer of at least 0', () => {
    const condition = new Condition();
    for (const n of [-1, 0.5, NaN]) expect(() => condition.notify(n)).toThrow(RangeError);
  });

  inBothFlavours(
    'waitFor evaluates its predicate after each notification, and returns its first truthy value',
    function* (start, { log }) {
      const condition = new Condition();
      let value: string | undefined;
      const task = start(
        () => condition.acquire(),
        () =>
          condition.waitFor(() => {
            log.push(`asked, locked: ${condition.locked()}`);
            return value;
          }),
      );
      for (const next of [undefined, '', 'ready']) {
        yield* turns();
        yield* condition.acquire();
        value = next;
        condition.notify();
        condition.release();
      }
      expect(yield* task).toBe('ready');
      expect(log).toEqual(Array.from({ length: 4 }, () => 'asked, locked: true'));
      expect(condition.locked()).toBe(true);
    },
  );

  inBothFlavours('waitFor needs no lock when its predicate is true already', function* (start) {
    const condition = new Condition();
    expect(yield* start(() => condition.waitFor(() => 'already'))).toBe('already');
    expect(yield* outcomeOf(start(() => condition.waitFor(() => false)))).toMatchObject({
      error: { name: 'InvalidStateError' },
    });
    expect(() => condition.waitFor(true as never)).toThrow(TypeError);
  });

  // Catches what a cancelled wait throws, and records whether the lock is held then.
  type Caught = [error: unknown, locked: boolean];
  const waitAndCatch = {
    *generator(_: unknown, condition: Condition): Steps<Caught> {
      yield* condition.acquire();
      try {
        yield* condition.wait();
      } catch (error) {
        return [error, condition.locked()];
      } finally {
        condition.release();
      }
      throw new Error('not cancelled');
    },
    async async(_: unknown, condition: Condition): Promise<Caught> {
      await condition.acquire();
      try {
        await condition.wait();
      } catch (error) {
        return [error, condition.locked()];
      } finally {
        condition.release();
      }
      throw new Error('not cancelled');
    },
  };
  const foo = expect.objectContaining({ name: 'CancelledError', message: 'foo' }) as unknown;

  bothBodies('a cancelled wait throws only when it holds the lock again', waitAndCatch, function* (start) {
    const condition = new Condition();
    const task = start(condition);
    yield* turns();
    yield* condition.acquire();
    task.cancel('foo');
    yield* turns();
    expect(task.done()).toBe(false); // the driver holds the lock
    condition.release();
    expect(yield* task).toEqual([foo, true]);
    expect(condition.locked()).toBe(false);
  });

  bothBodies('a wait cancelled while it re-acquires the lock throws once it holds it', waitAndCatch, function* (start) {
    const condition = new Condition();
    const task = start(condition);
    yield* turns();
    yield* condition.acquire();
    condition.notify();
    yield* turns();
    for (const reason of ['bar', 'foo']) {
      task.cancel(reason); // a second request does not stop the acquisition either
      yield* turns();
      expect(task.done()).toBe(false);
    }
    condition.release();
    expect(yield* task).toEqual([foo, true]);
  });

  it('throws the very error that was thrown into it', () => {
    runSync(function* () {
      const condition = new Condition();
      yield* condition.acquire();
      const steps = condition.wait()[Symbol.iterator]();
      steps.next();
      const error = Object.assign(new Error('foo'), { mark: 1 });
      expect(() => steps.throw(error)).toThrow(error);
      expect(condition.locked()).toBe(true);
    });
  });

  for (const [when, cancelAfter] of [
    ['immediately', 0],
    ['while it re-acquires the lock', 3],
  ] as const) {
    inBothFlavours(
      `a notified waiter that is cancelled ${when} passes the notification on`,
      function* (start, { log }) {
        const condition = new Condition();
        const items: string[] = [];
        const [first] = [1, 2, 3].map((name) =>
          start(
            () => condition.acquire(),
            () => condition.waitFor(() => items.length > 0),
            () => log.push(`${name} has ${items.pop()}`),
            () => condition.release(),
          ),
        );
        yield* turns(6);
        yield* condition.acquire();
        items.push('item');
        condition.notify();
        yield* turns(cancelAfter);
        first?.cancel();
        yield* turns();
        condition.release();
        // The script has no finally: the test releases the lock that the cancelled task holds again.
        while (first?.done() !== true) yield;
        condition.release();
        yield* turns(6);
        expect(log).toEqual(['2 has item']);
        expect(String(condition)).toBe('<Condition unlocked, waiters: 1>');
      },
    );
  }

  inBothFlavours('cancelling a waiter that was not notified wakes no other waiter', function* (start, { log }) {
    const condition = new Condition();
    const [first] = [1, 2].map((name) =>
      start(
        () => condition.acquire(),
        () => condition.wait(),
        () => log.push(name),
      ),
    );
    yield* turns(6);
    first?.cancel();
    yield* turns();
    expect(first?.cancelled()).toBe(true);
    condition.release();
    yield* turns();
    expect(log).toEqual([]);
  });

  bothBodies('a wait cancelled by a timer holds the lock again', waitAndCatch, function* (start) {
    const loop = getRunningLoop();
    const condition = new Condition();
    const task = start(condition);
    loop.callLater(500, () => task.cancel('foo'));
    const before = loop.time();
    expect(yield* task).toEqual([foo, true]);
    expect(loop.time() - before).toBe(500);
  });

  inBothFlavours(
    'two conditions on one lock exclude each other, and each wakes its own waiters',
    function* (start, { log }) {
      const lock = new Lock();
      const [full, empty] = [new Condition(lock), new Condition(lock)];
      for (const [name, condition] of Object.entries({ full, empty })) {
        start(
          () => lock.acquire(),
          () => condition.wait(),
          () => log.push(name),
          () => lock.release(),
        );
      }
      yield* turns(6);
      yield* lock.acquire();
      expect([full.locked(), empty.locked()]).toEqual([true, true]);
      empty.notifyAll();
      lock.release();
      yield* turns();
      expect(log).toEqual(['empty']);
      yield* full.acquire();
      full.notifyAll();
      full.release();
      yield* turns();
      expect(log).toEqual(['empty', 'full']);
    },
  );

  it('accepts only a Lock', () => {
    expect(() => new Condition('lock' as never)).toThrow(TypeError);
  });

  it('a wait that is closed before it begins holds nothing', () => {
    runSync(function* () {
      const condition = new Condition();
      const task = condition.wait();
      task.close();
      expect(condition.locked()).toBe(false);
    });
  });

  it('a waiter that is cancelled before it was notified wakes no other', () => {
    runSync(function* () {
      const condition = new Condition();
      const woken: string[] = [];
      const waiter = (name: string) =>
        function* (): Steps<void> {
          using _guard = yield* condition.acquire();
          yield* condition.wait();
          woken.push(name);
        };
      const first = createTask(waiter('first'));
      createTask(waiter('second'));
      yield* turns();
      first.cancel();
      yield* turns();
      expect(woken).toEqual([]);
      yield* condition.acquire();
      condition.notify();
      condition.release();
      yield* turns();
      expect(woken).toEqual(['second']);
    });
  });

  it('its guard releases the lock even when the wait is cancelled', () => {
    runSync(function* () {
      const condition = new Condition();
      const loop = getRunningLoop();
      function* waits(): Steps<void> {
        using _guard = yield* condition.acquire();
        yield* condition.wait();
      }
      const task = loop.createTask(waits());
      yield* turns();
      task.cancel();
      expect(yield* outcomeOf(task)).toEqual(cancelledWith());
      expect(String(condition)).toBe('<Condition unlocked>');
    });
  });
});
