import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type HeapEntry, TimerHeap } from '../../lib/collections/timer-heap.js';

const entry = (_when: number, _sequence: number): HeapEntry => ({ _when, _sequence });
const inOrder = (a: HeapEntry, b: HeapEntry): number => a._when - b._when || a._sequence - b._sequence;

function drain(heap: TimerHeap<HeapEntry>): HeapEntry[] {
  const entries: HeapEntry[] = [];
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) entries.push(next);
  return entries;
}

describe('TimerHeap', () => {
  it('returns the earliest entry first', () => {
    const heap = new TimerHeap<HeapEntry>();
    for (const when of [5, 1, 4, 2, 3]) heap.push(entry(when, when));
    expect(heap.peek()?._when).toBe(1);
    expect(drain(heap).map(({ _when }) => _when)).toEqual([1, 2, 3, 4, 5]);
  });

  it('returns entries with equal times in the order of their sequence numbers', () => {
    const heap = new TimerHeap<HeapEntry>();
    for (let i = 0; i < 100; i += 1) heap.push(entry(7, i));
    expect(drain(heap).map(({ _sequence }) => _sequence)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('is empty before the first push and after the last pop', () => {
    const heap = new TimerHeap<HeapEntry>();
    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
    heap.push(entry(1, 1));
    heap.pop();
    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });

  it('also orders infinite times', () => {
    const heap = new TimerHeap<HeapEntry>();
    for (const when of [Infinity, 0, -Infinity, 1e308]) heap.push(entry(when, 1));
    expect(drain(heap).map(({ _when }) => _when)).toEqual([-Infinity, 0, 1e308, Infinity]);
  });

  // Few distinct times, so that ties are common.
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: -5, max: 20 }) }) },
    { weight: 2, arbitrary: fc.constant('pop' as const) },
    { weight: 1, arbitrary: fc.record({ retain: fc.integer({ min: 2, max: 4 }) }) },
  );

  it('behaves like a sorted array, whatever the order of push, pop and retain', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const heap = new TimerHeap<HeapEntry>();
        let model: HeapEntry[] = [];
        let sequence = 0;
        for (const each of steps) {
          if (each === 'pop') {
            expect(heap.pop()).toBe(model.shift());
          } else if ('push' in each) {
            sequence += 1;
            const pushed = entry(each.push, sequence);
            heap.push(pushed);
            model.push(pushed);
            model.sort(inOrder);
          } else {
            const keep = ({ _sequence }: HeapEntry): boolean => _sequence % each.retain !== 0;
            heap.retain(keep);
            model = model.filter(keep);
          }
          expect(heap.size).toBe(model.length);
          expect(heap.peek()).toBe(model[0]);
        }
        expect([...heap].sort(inOrder)).toEqual(model);
        expect(drain(heap)).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });
});
