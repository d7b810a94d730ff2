/** Running the handles of an iteration in a random order. */

import { EventLoop, Lock, Queue, type Steps, createTask, gather, runSync, sleep } from 'selectloop';
import { shuffleHandles, virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

/** The order in which eight callbacks of one iteration ran, followed by the callbacks that they scheduled. */
function orderOf(loop: EventLoop): string {
  const log: string[] = [];
  for (const name of 'abcdefgh') {
    loop.callSoon(() => {
      log.push(name);
      loop.callSoon(() => log.push(name.toUpperCase()));
    });
  }
  loop.runOnce(0);
  loop.runOnce(0);
  loop.close();
  return log.join('');
}

const shuffled = (seed: number): string => orderOf(virtualLoop({ shuffle: seed }));

describe('a shuffled loop', () => {
  it('runs the handles of an iteration in an order that depends only on the seed', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 50; seed += 1) {
      orders.add(shuffled(seed));
      expect(shuffled(seed)).toBe(shuffled(seed));
    }
    expect(orders.size).toBe(50);
  });

  it('runs each handle once, and handles scheduled in an iteration in the next one', () => {
    for (const seed of [0, 1, 2 ** 32 - 1]) {
      const order = shuffled(seed);
      expect(Array.from(order.slice(0, 8)).sort().join('')).toBe('abcdefgh');
      expect(Array.from(order.slice(8)).sort().join('')).toBe('ABCDEFGH');
    }
  });

  it('can produce any order', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 200; seed += 1) {
      const loop = virtualLoop({ shuffle: seed });
      const log: string[] = [];
      for (const name of 'abc') loop.callSoon(() => log.push(name));
      loop.runOnce(0);
      loop.close();
      orders.add(log.join(''));
    }
    expect([...orders].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });

  it('can be any loop that is passed to shuffleHandles', () => {
    const loop = new EventLoop();
    shuffleHandles(loop, 3);
    expect(orderOf(loop)).toBe(shuffled(3));
    expect(orderOf(new EventLoop())).toBe('abcdefghABCDEFGH');
  });

  it('reveals a program that relies on the order of its tasks', () => {
    const results = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const loopFactory = (): EventLoop => virtualLoop({ shuffle: seed });
      results.add(runSync(reliesOnOrder, { loopFactory }));
    }
    expect([...results].sort()).toEqual(['first', 'second']);
  });

  it('keeps the promises of locks, queues and timers', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const loopFactory = (): EventLoop => virtualLoop({ shuffle: seed });
      expect(runSync(orderly, { loopFactory })).toBe(4 * (2 * 20 + 8 * 5));
    }
  });
});

function* reliesOnOrder(): Steps<string> {
  let last = '';
  const write = function* (name: string): Steps<void> {
    last = name;
  };
  createTask(write('first'));
  createTask(write('second'));
  yield* sleep(1);
  return last;
}

function* orderly(): Steps<number> {
  const lock = new Lock();
  const queue = new Queue<number>(3);
  let inside = 0;
  let sum = 0;
  const producer = function* (): Steps<void> {
    for (let i = 0; i < 10; i += 1) {
      yield* queue.put(i % 5 === 0 ? 20 : 5);
      yield* sleep(i % 3);
    }
  };
  const consumer = function* (): Steps<void> {
    for (;;) {
      const item = yield* queue.get();
      yield* lock.acquire();
      inside += 1;
      if (inside > 1) throw new Error('two tasks hold the lock');
      yield;
      sum += item;
      inside -= 1;
      lock.release();
      queue.taskDone();
    }
  };
  const consumers = [1, 2, 3].map(() => createTask(consumer()));
  yield* gather([1, 2, 3, 4].map(() => producer()));
  yield* queue.join();
  for (const task of consumers) task.cancel();
  yield* gather(consumers, { returnExceptions: true });
  return sum;
}
