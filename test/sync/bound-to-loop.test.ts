import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  type InvalidStateError,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  type Steps,
  createTask,
  runSync,
} from 'selectloop';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { outcomeOf, turns } from '../tasks/both-flavours.js';

/** For each primitive: makes one, and blocks on it. Blocking can be repeated on the same object. */
const table: Record<string, { make: () => object; block: (primitive: never) => Steps<unknown> }> = {
  Lock: {
    make: () => new Lock(),
    *block(lock: Lock) {
      if (!lock.locked()) yield* lock.acquire();
      return yield* lock.acquire();
    },
  },
  Event: { make: () => new Event(), block: (event: Event) => event.wait()[Symbol.iterator]() },
  Condition: {
    make: () => new Condition(),
    *block(condition: Condition) {
      yield* condition.acquire();
      try {
        return yield* condition.wait();
      } finally {
        condition.release();
      }
    },
  },
  Semaphore: { make: () => new Semaphore(0), block: (semaphore: Semaphore) => semaphore.acquire()[Symbol.iterator]() },
  BoundedSemaphore: {
    make: () => new BoundedSemaphore(0),
    block: (semaphore: Semaphore) => semaphore.acquire()[Symbol.iterator](),
  },
  Barrier: { make: () => new Barrier(2), block: (barrier: Barrier) => barrier.wait()[Symbol.iterator]() },
  'Queue.get': { make: () => new Queue(), block: (queue: Queue<number>) => queue.get()[Symbol.iterator]() },
  'Queue.put': {
    make: () => new Queue(1),
    *block(queue: Queue<number>) {
      if (!queue.full()) queue.putNowait(1);
      yield* queue.put(2);
    },
  },
  'Queue.join': {
    make: () => new Queue(),
    *block(queue: Queue<number>) {
      queue.putNowait(1);
      yield* queue.join();
    },
  },
  LifoQueue: { make: () => new LifoQueue(), block: (queue: Queue<number>) => queue.get()[Symbol.iterator]() },
  PriorityQueue: { make: () => new PriorityQueue(), block: (queue: Queue<number>) => queue.get()[Symbol.iterator]() },
};

/** Blocks in a new loop; returns what the wait threw, or 'blocked'. */
function blockInNewLoop(block: () => Steps<unknown>): unknown {
  return runSync(function* () {
    const task = createTask(block());
    yield* turns();
    if (!task.done()) {
      task.cancel();
      yield* outcomeOf(task);
      return 'blocked';
    }
    const outcome = yield* outcomeOf(task);
    return 'error' in outcome ? outcome.error : outcome.value;
  });
}

describe('the loop of a primitive', () => {
  it.each(Object.entries(table))('is that of its first blocking use: %s', (_, { make, block }) => {
    const primitive = make();
    const wait = (): Steps<unknown> => block(primitive as never);
    expect(blockInNewLoop(wait)).toBe('blocked');
    const error = blockInNewLoop(wait) as InvalidStateError;
    expect(error).toMatchObject({ name: 'InvalidStateError' });
    expect(error.message).toMatch(/^<\w+ .*> is bound to a different event loop$/);
  });

  it('stays open as long as no task has to wait', () => {
    const lock = new Lock();
    for (let i = 0; i < 2; i += 1) {
      runSync(function* () {
        using _guard = yield* lock.acquire();
      });
    }
    expect(blockInNewLoop(() => table['Lock']!.block(lock as never))).toBe('blocked');
  });

  it('does not matter to an operation that does not wait', () => {
    const event = new Event();
    expect(blockInNewLoop(() => table['Event']!.block(event as never))).toBe('blocked');
    event.set();
    expect(runSync(event.wait())).toBe(true);
  });

  it('a wait on a condition that is refused for its loop leaves the lock held', () => {
    const condition = new Condition();
    expect(blockInNewLoop(() => table['Condition']!.block(condition as never))).toBe('blocked');
    runSync(function* () {
      yield* condition.acquire();
      const outcome = yield* outcomeOf(createTask(condition.wait()));
      expect(outcome).toMatchObject({ error: { name: 'InvalidStateError' } });
      expect(condition.locked()).toBe(true);
    });
  });
});

describe('a printed primitive', () => {
  it.each([
    [new Lock(), '<Lock unlocked>'],
    [new Event(), '<Event unset>'],
    [new Condition(), '<Condition unlocked>'],
    [new Semaphore(2), '<Semaphore unlocked, value: 2>'],
    [new Semaphore(0), '<Semaphore locked>'],
    [new BoundedSemaphore(), '<BoundedSemaphore unlocked, value: 1>'],
    [new Barrier(3), '<Barrier filling, 0/3>'],
    [new Queue(), '<Queue maxsize=0 qsize=0>'],
    [new LifoQueue(7), '<LifoQueue maxsize=7 qsize=0>'],
    [new PriorityQueue(), '<PriorityQueue maxsize=0 qsize=0>'],
  ])('shows its name and state: %s', (primitive, text) => {
    expect(String(primitive)).toBe(text);
    expect(inspect(primitive)).toBe(text);
  });
});
