/**
 * Gathers inside gathers: cancelling them takes neither the stack nor time that grows with the number of paths. 30,000 calls do not fit on
 * the stack; test/scaling checks that the time is linear in the depth.
 */

import { Future, createTask, gather, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { errorOf, everyLoop } from '../support/every-loop.js';

describe.each(everyLoop.filter(({ selector }) => selector === 'epoll'))('nested gathers ($name)', (loop) => {
  it('are cancelled 30,000 deep', () =>
    loop.run(function* () {
      const innermost = new Future<unknown>();
      let outer: Future = innermost;
      for (let level = 0; level < 30_000; level += 1) outer = gather([outer]);
      expect(outer.cancel('enough')).toBe(true);
      expect(innermost.cancelled()).toBe(true);
      const error = yield* errorOf(createTask(() => outer));
      expect(error).toMatchObject({ name: 'CancelledError' });
      expect(outer.cancel()).toBe(false);
    }));

  it('that share their children are visited once each', () =>
    loop.run(function* () {
      const innermost = new Future<unknown>();
      let layer: Future[] = [gather([innermost]), gather([innermost])];
      for (let level = 0; level < 60; level += 1) layer = [gather(layer), gather([...layer].reverse())];
      expect(gather(layer).cancel()).toBe(true);
      expect(innermost.cancelled()).toBe(true);
      yield* errorOf(createTask(() => layer[0]!));
    }));

  it('cancel their tasks in the order of the arguments', () =>
    loop.run(function* () {
      const order: string[] = [];
      const task = (name: string): Future =>
        createTask(function* () {
          try {
            yield* sleep(60_000);
          } finally {
            order.push(name);
          }
        });
      const nested = gather([task('a'), gather([task('b'), gather([task('c')]), task('d')]), task('e')]);
      yield* sleep(0);
      expect(nested.cancel()).toBe(true);
      yield* errorOf(createTask(() => nested));
      expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
    }));

  it('with a child that refuses report whether another was cancelled', () =>
    loop.run(function* () {
      const done = new Future<number>();
      const inner = gather([done]);
      const other = new Future<number>();
      const outer = gather([inner, other], { returnExceptions: true });
      done.setResult(1); // `inner` has not heard of it yet
      expect(inner.cancel()).toBe(false);
      expect(outer.cancel()).toBe(true);
      expect(other.cancelled()).toBe(true);
      expect(yield* inner).toEqual([1]);
      expect(yield* errorOf(createTask(() => outer))).toMatchObject({ name: 'CancelledError' });
    }));
});
