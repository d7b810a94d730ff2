import { LifoQueue, PriorityQueue, Queue, QueueEmpty, QueueFull, createTask, gather, runSync, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { cancelledWith, expectQuiet, outcomeOf, turns } from '../tasks/both-flavours.js';
import { type Step, inBothFlavours } from './scripts.js';

/** Puts all items in, and takes all out. */
function passThrough<T>(queue: Queue<T>, items: readonly T[]): T[] {
  for (const item of items) queue.putNowait(item);
  return items.map(() => queue.getNowait());
}

describe("the order of a queue's items", () => {
  it('is the order of arrival in a Queue', () => {
    expect(passThrough(new Queue<number>(), [1, 3, 2])).toEqual([1, 3, 2]);
  });

  it('is the reverse order of arrival in a LifoQueue', () => {
    expect(passThrough(new LifoQueue<number>(), [1, 3, 2])).toEqual([2, 3, 1]);
  });

  it('is the order of values in a PriorityQueue', () => {
    expect(passThrough(new PriorityQueue<number>(), [1, 3, 2, 11, -1])).toEqual([-1, 1, 2, 3, 11]);
    expect(passThrough(new PriorityQueue<string>(), ['b', 'a', 'c'])).toEqual(['a', 'b', 'c']);
  });

  it('is that of the compare function, and for equal items that of arrival', () => {
    const queue = new PriorityQueue<string>(0, { compare: (a, b) => a.length - b.length });
    expect(passThrough(queue, ['ccc', 'a2', 'a1', 'b', 'a0', 'a'])).toEqual(['b', 'a', 'a2', 'a1', 'a0', 'ccc']);
    expect(() => new PriorityQueue(0, { compare: 'up' as never })).toThrow(TypeError);
  });

  it.each([Queue, LifoQueue, PriorityQueue])(
    '%o holds up to maxsize items, or any number without a positive maxsize',
    (AnyQueue) => {
      for (const maxsize of [undefined, 0, -1, Infinity]) {
        const queue = new AnyQueue<number>(maxsize);
        for (let i = 0; i < 1000; i += 1) queue.putNowait(i);
        expect([queue.full(), queue.qsize(), queue.maxsize]).toEqual([false, 1000, maxsize ?? 0]);
      }
      const queue = new AnyQueue<number>(1.3);
      queue.putNowait(1);
      expect(queue.full()).toBe(false);
      queue.putNowait(2);
      expect(queue.full()).toBe(true);
      for (const wrong of [NaN, '1']) expect(() => new AnyQueue(wrong as number)).toThrow(/^Queue: maxsize/);
    },
  );
});

describe('a queue', () => {
  it('getNowait and putNowait throw immediately when the queue is empty or full', () => {
    const queue = new Queue<string>(1);
    expect(queue.empty()).toBe(true);
    expect(() => queue.getNowait()).toThrow(new QueueEmpty());
    queue.putNowait('a');
    expect(() => queue.putNowait('b')).toThrow(new QueueFull());
    expect([queue.empty(), queue.full(), queue.qsize()]).toEqual([false, true, 1]);
    expect(queue.getNowait()).toBe('a');
    expect(queue.empty()).toBe(true);
  });

  it('QueueEmpty and QueueFull have names and codes', () => {
    expect(new QueueEmpty()).toMatchObject({ name: 'QueueEmpty', code: 'ERR_QUEUE_EMPTY' });
    expect(new QueueFull()).toMatchObject({ name: 'QueueFull', code: 'ERR_QUEUE_FULL' });
  });

  inBothFlavours('put waits while the queue is full', function* (start, { log }) {
    const queue = new Queue<number>(2);
    const task = start(...[1, 2, 3].flatMap((item) => [() => queue.put(item), () => log.push(item)]));
    yield* turns();
    expect([log, queue.full(), task.done()]).toEqual([[1, 2], true, false]);
    expect(queue.getNowait()).toBe(1);
    yield* turns();
    expect([log, queue.qsize()]).toEqual([[1, 2, 3], 2]);
  });

  inBothFlavours('get waits while the queue is empty', function* (start) {
    const queue = new Queue<string>();
    const task = start(() => queue.get());
    yield* turns();
    expect(String(queue)).toBe('<Queue maxsize=0 qsize=0 getters=1>');
    queue.putNowait('item');
    expect(yield* task).toBe('item');
  });

  it('can hold undefined', () => {
    expect(passThrough(new Queue<undefined>(), [undefined, undefined])).toEqual([undefined, undefined]);
  });

  inBothFlavours('with one slot makes producer and consumer alternate', function* (start, { log }) {
    const queue = new Queue<number>(1);
    const three = (steps: (i: number) => Step[]): Step[] => [0, 1, 2].flatMap(steps);
    const producer = start(...three((i) => [() => queue.put(i), () => log.push(`p${i}`)]));
    const consumer = start(...three((i) => [() => sleep(1), () => queue.get(), () => log.push(`g${i}`)]));
    yield* gather([producer, consumer]);
    expect(log).toEqual(['p0', 'g0', 'p1', 'g1', 'p2', 'g2']);
  });

  inBothFlavours('a getter that is cancelled before an item arrives leaves it to the next getter', function* (start) {
    const queue = new Queue<string>();
    const [first, second] = [start(() => queue.get()), start(() => queue.get())];
    yield* turns();
    first.cancel();
    queue.putNowait('item');
    expect(yield* outcomeOf(first)).toEqual(cancelledWith());
    expect(yield* second).toBe('item');
    expect(String(queue)).toBe('<Queue maxsize=0 qsize=0 unfinished=1>');
  });

  inBothFlavours(
    'a getter that is cancelled after it was woken leaves the item and wakes the next getter',
    function* (start) {
      const queue = new Queue<string>();
      const [first, second] = [start(() => queue.get()), start(() => queue.get())];
      yield* turns();
      queue.putNowait('item');
      first.cancel();
      expect(queue.qsize()).toBe(1);
      expect(yield* outcomeOf(first)).toEqual(cancelledWith());
      expect(yield* second).toBe('item');
    },
  );

  inBothFlavours(
    'with two items and three readers, one of them cancelled, the other two get the items',
    function* (start) {
      const queue = new Queue<number>();
      const [first, ...others] = [1, 2, 3].map(() => start(() => queue.get()));
      yield* turns();
      queue.putNowait(1);
      queue.putNowait(2);
      first?.cancel();
      expect(yield* gather(others)).toEqual([2, 1].sort());
      expect(first?.cancelled()).toBe(true);
    },
  );

  inBothFlavours('a cancelled putter has not put its item', function* (start) {
    const queue = new Queue<string>(1);
    queue.putNowait('a');
    const [first, second] = ['b', 'c'].map((item) => start(() => queue.put(item)));
    yield* turns();
    expect(String(queue)).toBe('<Queue maxsize=1 qsize=1 putters=2 unfinished=1>');
    first?.cancel();
    expect([queue.getNowait(), yield* outcomeOf(first!)]).toEqual(['a', cancelledWith()]);
    yield* second!;
    expect([queue.getNowait(), queue.empty()]).toEqual(['c', true]);
  });

  inBothFlavours('a putter that is cancelled after it was woken wakes the next putter', function* (start) {
    const queue = new Queue<string>(1);
    queue.putNowait('a');
    const [first] = ['b', 'c', 'd'].map((item) => start(() => queue.put(item)));
    yield* turns();
    expect(queue.getNowait()).toBe('a');
    first?.cancel();
    yield* turns();
    expect(first?.cancelled()).toBe(true);
    expect(String(queue)).toBe('<Queue maxsize=1 qsize=1 putters=1 unfinished=2>');
    expect([yield* queue.get(), yield* queue.get()]).toEqual(['c', 'd']);
  });

  inBothFlavours('keeps no entry of cancelled getters and putters, woken or not', function* (start, { loop }) {
    const empty = new Queue<number>();
    const full = new Queue<number>(1);
    full.putNowait(0);
    const tasks = [1, 2, 3].flatMap((item) => [start(() => empty.get()), start(() => full.put(item))]);
    yield* turns();
    empty.putNowait(9);
    full.getNowait();
    for (const task of tasks) task.cancel();
    yield* turns();
    expect(tasks.every((task) => task.cancelled())).toBe(true);
    expect(String(empty)).toBe('<Queue maxsize=0 qsize=1 unfinished=1>');
    expect(String(full)).toBe('<Queue maxsize=1 qsize=0 unfinished=1>');
    expectQuiet(loop);
  });

  it('closing a woken coroutine wakes the next getter', () => {
    runSync(function* () {
      const queue = new Queue<string>();
      const closed = queue.get();
      closed[Symbol.iterator]().next();
      const task = createTask(queue.get());
      yield;
      queue.putNowait('item');
      closed.close();
      expect(yield* task).toBe('item');
    });
  });
});

describe('Queue.join', () => {
  it('taskDone throws a RangeError when it is called more often than there were items', () => {
    const queue = new Queue<number>();
    expect(() => queue.taskDone()).toThrow(RangeError);
    queue.putNowait(1);
    queue.taskDone();
    expect(() => queue.taskDone()).toThrow(RangeError);
  });

  inBothFlavours('returns immediately and repeatedly when the queue is idle', function* (start) {
    const queue = new Queue<number>();
    yield* start(
      () => queue.join(),
      () => queue.join(),
    );
    queue.putNowait(1);
    queue.getNowait();
    queue.taskDone();
    yield* start(() => queue.join());
  });

  inBothFlavours('waits for the last of a hundred items', function* (start, { log }) {
    const queue = new Queue<number>();
    for (let i = 0; i < 100; i += 1) queue.putNowait(i);
    const joined = start(() => queue.join());
    let left = 100;
    const step = [
      () => queue.get(),
      (): void => {
        left -= 1;
        log.push(joined.done());
        queue.taskDone();
      },
    ];
    const workers = [50, 50].map((n) => start(...Array.from({ length: n }, () => step).flat()));
    yield* joined;
    expect([left, log.includes(true)]).toEqual([0, false]);
    yield* gather(workers);
  });

  inBothFlavours('also waits for items put later', function* (start) {
    const queue = new Queue<number>();
    queue.putNowait(1);
    const joined = start(() => queue.join());
    yield* turns();
    queue.putNowait(2);
    queue.taskDone();
    yield* turns();
    expect(joined.done()).toBe(false);
    queue.taskDone();
    yield* joined;
  });
});

describe('a comparison that throws', () => {
  /** Fails for items that are not numbers. */
  function compare(a: unknown, b: unknown): number {
    if (typeof a !== 'number' || typeof b !== 'number') throw new TypeError('not a number');
    return a - b;
  }

  it('leaves the queue unchanged', () => {
    const queue = new PriorityQueue<unknown>(2, { compare });
    queue.putNowait(2);
    expect(() => queue.putNowait('x')).toThrow('not a number');
    expect([queue.qsize(), String(queue)]).toEqual([1, '<PriorityQueue maxsize=2 qsize=1 unfinished=1>']);
    queue.putNowait(1);
    expect([queue.getNowait(), queue.getNowait()]).toEqual([1, 2]);
  });

  inBothFlavours('leaves the slot to the next putter', function* (start) {
    const queue = new PriorityQueue<unknown>(2, { compare });
    queue.putNowait(1);
    queue.putNowait(2);
    const [bad, good] = ['x', 3].map((item) => start(() => queue.put(item)));
    yield* turns();
    queue.getNowait();
    expect(yield* outcomeOf(bad!)).toEqual({ error: new TypeError('not a number') });
    yield* good!;
    expect([queue.getNowait(), queue.getNowait()]).toEqual([2, 3]);
  });
});
