import {
  Queue,
  PriorityQueue,
  LifoQueue,
  QueueShutDown,
  type Steps,
  createTask,
  run,
  runSync,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { outcomeOf, turns } from '../tasks/both-flavours.js';
import { inBothFlavours } from './scripts.js';

const shutDown = { error: new QueueShutDown() };

describe('a queue that is shut down', () => {
  inBothFlavours('refuses new items', function* (start) {
    const queue = new Queue<string>();
    queue.shutdown();
    expect(() => queue.putNowait('a')).toThrow(QueueShutDown);
    expect(yield* outcomeOf(start(() => queue.put('a')))).toEqual(shutDown);
    expect(queue.qsize()).toBe(0);
  });

  inBothFlavours('fails the tasks that already wait for a slot', function* (start) {
    const queue = new Queue<string>(1);
    queue.putNowait('a');
    const putters = ['b', 'c'].map((item) => start(() => queue.put(item)));
    yield* turns();
    queue.shutdown();
    for (const putter of putters) expect(yield* outcomeOf(putter)).toEqual(shutDown);
    expect([queue.getNowait(), queue.empty()]).toEqual(['a', true]);
  });

  inBothFlavours('returns the items it holds, and then fails', function* (start) {
    const queue = new Queue<string>();
    queue.putNowait('a');
    queue.putNowait('b');
    queue.shutdown();
    expect(yield* start(() => queue.get())).toBe('a');
    expect(queue.getNowait()).toBe('b');
    expect(() => queue.getNowait()).toThrow(QueueShutDown);
    expect(yield* outcomeOf(start(() => queue.get()))).toEqual(shutDown);
  });

  inBothFlavours('fails the tasks that already wait for an item', function* (start) {
    const queue = new Queue<string>();
    const getters = [1, 2].map(() => start(() => queue.get()));
    yield* turns();
    queue.shutdown();
    for (const getter of getters) expect(yield* outcomeOf(getter)).toEqual(shutDown);
  });

  inBothFlavours('join returns when every item it held is done', function* (start) {
    const queue = new Queue<string>();
    queue.putNowait('a');
    queue.putNowait('b');
    const joined = start(() => queue.join());
    queue.shutdown();
    for (const left of [1, 0]) {
      queue.getNowait();
      yield* turns();
      expect(joined.done()).toBe(false);
      queue.taskDone();
      yield* turns();
      expect(joined.done()).toBe(left === 0);
    }
  });

  for (const AnyQueue of [Queue, LifoQueue, PriorityQueue]) {
    inBothFlavours(`an immediate shutdown empties a ${AnyQueue.name}, and its items count as done`, function* (start) {
      const queue = new AnyQueue<string>(2);
      queue.putNowait('a');
      queue.putNowait('b');
      const joined = start(() => queue.join());
      const putter = start(() => queue.put('c'));
      yield* turns();
      queue.shutdown({ immediate: true });
      expect(queue.empty()).toBe(true);
      yield* joined;
      expect(yield* outcomeOf(putter)).toEqual(shutDown);
      expect(() => queue.getNowait()).toThrow(QueueShutDown);
    });
  }

  inBothFlavours('after an immediate shutdown, join still waits for items in progress', function* (start) {
    const queue = new Queue<string>();
    queue.putNowait('a');
    queue.putNowait('b');
    queue.getNowait();
    const joined = start(() => queue.join());
    queue.shutdown({ immediate: true });
    yield* turns();
    expect(joined.done()).toBe(false);
    queue.taskDone();
    yield* joined;
  });

  it('an immediate shutdown does not count an item as done again if taskDone was called while it was in the queue', () => {
    runSync(function* () {
      const queue = new Queue<string>();
      queue.putNowait('a');
      queue.taskDone();
      queue.shutdown({ immediate: true });
      yield* queue.join();
      expect(String(queue)).toBe('<Queue maxsize=0 qsize=0 shutdown>');
    });
  });

  it('can be shut down again, even immediately after a plain shutdown', () => {
    const queue = new Queue<string>();
    queue.putNowait('a');
    queue.shutdown();
    queue.shutdown();
    expect(String(queue)).toBe('<Queue maxsize=0 qsize=1 unfinished=1 shutdown>');
    queue.shutdown({ immediate: true });
    queue.shutdown({ immediate: true });
    expect(String(queue)).toBe('<Queue maxsize=0 qsize=0 shutdown>');
    expect(new QueueShutDown()).toMatchObject({ name: 'QueueShutDown', code: 'ERR_QUEUE_SHUT_DOWN' });
  });
});

describe('for await over a queue', () => {
  it('yields the items until the queue is shut down', async () => {
    const items = await run(async () => {
      const queue = new Queue<number>(1);
      createTask(function* (): Steps<void> {
        for (let i = 0; i < 4; i += 1) yield* queue.put(i);
        yield* sleep(0);
        queue.shutdown();
      });
      const got: number[] = [];
      for await (const item of queue) got.push(item);
      return got;
    });
    expect(items).toEqual([0, 1, 2, 3]);
  });

  it('leaves the remaining items in the queue when it is left by break', async () => {
    const rest = await run(async () => {
      const queue = new Queue<number>();
      for (let i = 0; i < 4; i += 1) queue.putNowait(i);
      for await (const item of queue) if (item === 1) break;
      return [queue.getNowait(), queue.qsize()];
    });
    expect(rest).toEqual([2, 1]);
  });

  it('is cancelled with its task without taking an item', async () => {
    await run(async () => {
      const queue = new Queue<number>();
      const got: number[] = [];
      const task = createTask(async () => {
        for await (const item of queue) got.push(item);
      });
      queue.putNowait(1);
      while (got.length === 0) await sleep(0);
      await sleep(0);
      queue.putNowait(2); // wakes the task
      task.cancel();
      await expect(task.then(() => 'not cancelled')).rejects.toMatchObject({ name: 'CancelledError' });
      expect([got, queue.qsize()]).toEqual([[1], 1]);
    });
  });

  it('passes on errors other than the shutdown', async () => {
    const outcome = run(async () => {
      let broken = false;
      const compare = (a: number, b: number): number => {
        if (broken) throw new Error('cannot compare');
        return a - b;
      };
      const queue = new PriorityQueue<number>(0, { compare });
      for (const item of [1, 2, 3]) queue.putNowait(item);
      broken = true;
      for await (const item of queue) return item;
      return 'shut down';
    });
    await expect(outcome).rejects.toThrow('cannot compare');
  });
});
