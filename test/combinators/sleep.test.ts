import { type Steps, createTask, gather, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { expectQuiet, inBothFlavours, outcomeOf, turns } from '../tasks/both-flavours.js';

describe('sleep', () => {
  inBothFlavours<string, [number]>(
    'sleeps for the given time, fractions of a millisecond included, and returns its result',
    {
      *generator(_, delayMs) {
        return yield* sleep(delayMs, 'slept');
      },
      async async(_, delayMs) {
        return await sleep(delayMs, 'slept');
      },
    },
    function* (start, { loop }) {
      for (const delayMs of [0.001, 0.25, 1, 1500.5, 3_600_000]) {
        const before = loop.time();
        expect(yield* start(delayMs)).toBe('slept');
        expect(loop.time()).toBeGreaterThanOrEqual(before + delayMs);
        expect(loop.time()).toBeLessThan(before + delayMs + 0.001);
      }
      expectQuiet(loop);
    },
  );

  inBothFlavours<void, [number]>(
    'yields once and takes no time when the delay is zero or negative',
    {
      *generator({ log }, delayMs) {
        log.push('before');
        yield* sleep(delayMs);
        log.push('after');
      },
      async async({ log }, delayMs) {
        log.push('before');
        await sleep(delayMs);
        log.push('after');
      },
    },
    function* (start, { log, loop }) {
      for (const delayMs of [0, -0, -5, -Infinity]) {
        const before = loop.time();
        const task = start(delayMs);
        createTask(function* () {
          log.push('other');
        });
        yield* task;
        expect(log.splice(0)).toEqual(['before', 'other', 'after']);
        expect(loop.time()).toBe(before);
      }
    },
  );

  inBothFlavours<void, [string, number]>(
    'several sleeps end in the order of their deadlines, and equal deadlines in the order in which they began',
    {
      *generator({ log }, name, delayMs) {
        yield* sleep(delayMs);
        log.push(name);
      },
      async async({ log }, name, delayMs) {
        await sleep(delayMs);
        log.push(name);
      },
    },
    function* (start, { log }) {
      yield* gather([start('c', 3), start('a', 1), start('b1', 2), start('b2', 2), start('b3', 2)]);
      expect(log).toEqual(['a', 'b1', 'b2', 'b3', 'c']);
    },
  );

  inBothFlavours(
    'leaves no timer behind when it is cancelled',
    {
      *generator() {
        yield* sleep(Infinity);
      },
      async async() {
        await sleep(Infinity);
      },
    },
    function* (start, { loop }) {
      const task = start();
      yield* turns();
      expect(loop.statistics().scheduled).toBe(1);
      task.cancel();
      expect(loop.statistics().scheduled).toBe(0);
      expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError' } });
    },
  );

  it('starts counting when it is awaited, not when it is called', () => {
    const early = sleep(5, 'x');
    const started = performance.now();
    while (performance.now() - started < 6);
    const took = runSync(function* (): Steps<number> {
      const before = performance.now();
      yield* early;
      return performance.now() - before;
    });
    expect(took).toBeGreaterThanOrEqual(5);
  });

  it.each([null, undefined, '5', {}, 5n])('throws a TypeError at the call for sleep(%s)', (delay) => {
    expect(() => sleep(delay as never)).toThrow(TypeError);
  });

  it('throws a RangeError at the call for sleep(NaN)', () => {
    expect(() => sleep(NaN)).toThrow(RangeError);
  });
});
