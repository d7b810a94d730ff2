import { Event } from 'selectloop';
import { describe, expect } from 'vitest';

import { turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

describe('Event', () => {
  inBothFlavours('set wakes all waiters in order, and their wait returns true', function* (start, { log }) {
    const event = new Event();
    const tasks = [1, 2, 3].map((name) =>
      start(
        () => event.wait(),
        () => log.push(name),
      ),
    );
    const result = start(() => event.wait());
    yield* turns();
    expect([log, event.isSet()]).toEqual([[], false]);
    event.set();
    yield* turns();
    expect([log, event.isSet()]).toEqual([[1, 2, 3], true]);
    expect(tasks.every((task) => task.done())).toBe(true);
    expect(result.result()).toBe(true);
  });

  inBothFlavours(
    'wakes the tasks that already wait, even if it is cleared immediately after set',
    function* (start, { log }) {
      const event = new Event();
      for (const name of [1, 2]) {
        start(
          () => event.wait(),
          () => log.push(name),
        );
      }
      yield* turns();
      event.set();
      event.clear();
      expect(event.isSet()).toBe(false);
      start(
        () => event.wait(),
        () => log.push('too late'),
      );
      yield* turns();
      expect(log).toEqual([1, 2]);
      event.set();
      yield* turns();
      expect(log).toEqual([1, 2, 'too late']);
    },
  );

  inBothFlavours('wait returns immediately when the event is set', function* (start) {
    const event = new Event();
    event.set();
    event.set();
    expect(yield* start(() => event.wait())).toBe(true);
  });

  inBothFlavours('drops a cancelled waiter', function* (start, { log }) {
    const event = new Event();
    const [first] = [1, 2].map((name) =>
      start(
        () => event.wait(),
        () => log.push(name),
      ),
    );
    yield* turns();
    expect(String(event)).toBe('<Event unset, waiters: 2>');
    first?.cancel();
    yield* turns();
    expect(String(event)).toBe('<Event unset, waiters: 1>');
    event.set();
    yield* turns();
    expect(log).toEqual([2]);
    expect(String(event)).toBe('<Event set>');
  });
});
