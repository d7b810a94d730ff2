import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RingQueue } from '../../lib/collections/ring-queue.js';

describe('RingQueue', () => {
  it('returns items in the order of arrival', () => {
    const queue = new RingQueue<number>();
    for (let i = 0; i < 10; i += 1) queue.push(i);
    expect(queue.length).toBe(10);
    expect(Array.from({ length: 10 }, () => queue.shift())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(queue.length).toBe(0);
  });

  it('returns undefined when it is empty, and stays usable', () => {
    const queue = new RingQueue<string>();
    expect(queue.shift()).toBeUndefined();
    queue.push('a');
    expect(queue.shift()).toBe('a');
    expect(queue.shift()).toBeUndefined();
    expect(queue.length).toBe(0);
  });

  it('grows while its items are wrapped around the end of the array', () => {
    const queue = new RingQueue<number>();
    for (let i = 0; i < 60; i += 1) queue.push(-1);
    for (let i = 0; i < 60; i += 1) queue.shift();
    for (let i = 0; i < 1000; i += 1) queue.push(i); // the head is at 60 of 64
    expect([...queue]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('iterates without removing', () => {
    const queue = new RingQueue<number>();
    queue.push(1);
    queue.push(2);
    expect([...queue]).toEqual([1, 2]);
    expect(queue.length).toBe(2);
  });

  it('holds items that are themselves undefined', () => {
    const queue = new RingQueue<undefined>();
    queue.push(undefined);
    expect(queue.length).toBe(1);
    queue.shift();
    expect(queue.length).toBe(0);
  });

  it('is empty after clear, wherever its head was', () => {
    const queue = new RingQueue<number>();
    for (let i = 0; i < 100; i += 1) queue.push(i);
    queue.shift();
    queue.clear();
    expect([queue.length, queue.shift(), [...queue]]).toEqual([0, undefined, []]);
    queue.push(7);
    expect(queue.shift()).toBe(7);
  });

  it.each(['shift', 'clear'] as const)(
    'drops its reference to an item with %s, so that the item can be collected',
    async (way) => {
      const queue = new RingQueue<object>();
      const reference = ((): WeakRef<object> => {
        const item = { big: new Array(1000).fill(0) };
        queue.push(item);
        queue[way]();
        return new WeakRef(item);
      })();
      await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps its target until the current job ends
      globalThis.gc?.();
      expect(reference.deref()).toBeUndefined();
      expect(queue.length).toBe(0);
    },
  );

  it('behaves like an array, whatever the order of pushes and shifts', () => {
    const operations = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: -100, max: -1 })));
    fc.assert(
      fc.property(operations, (steps) => {
        const queue = new RingQueue<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of steps) {
          for (let i = 0; i < step; i += 1) {
            queue.push(next);
            model.push(next);
            next += 1;
          }
          for (let i = 0; i > step; i -= 1) expect(queue.shift()).toBe(model.shift());
          expect(queue.length).toBe(model.length);
        }
        expect([...queue]).toEqual(model);
      }),
    );
  });
});
