/**
 * One of several waiting tasks is cancelled before its first step, after it, after the second, and so on until the cancellation
 * comes too late. At every moment: the other tasks get what they wait for, and nothing stays held, is lost, or is left behind.
 */

import type { Coroutine } from 'selectloop';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  QueueShutDown,
  Semaphore,
  type Steps,
  type Task,
  coroutine,
  createTask,
  sleep,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Bodies, expectQuiet, outcomeOf, runCase, turns, variants } from '../tasks/both-flavours.js';

/** One program around one victim, the task that is cancelled. */
interface World {
  /** The operation that the victim awaits; its result is disposed of when the victim ends. */
  operation(): Coroutine<Disposable>;
  /** The other tasks: those that start before the victim, and those that start after it. */
  before: Array<() => Steps<unknown>>;
  after: Array<() => Steps<unknown>>;
  /** Runs when all have ended. `got`: the victim's operation succeeded. */
  check(got: boolean): Steps<void>;
}

const nothing: Disposable = { [Symbol.dispose]: () => undefined };

/** Holds the primitive for a while, and checks that there are never more than `bound` holders. */
function holding(acquire: () => Coroutine<Disposable>, bound: number): () => Coroutine<Disposable> {
  let holders = 0;
  return coroutine(function* () {
    const guard = yield* acquire();
    holders += 1;
    expect(holders).toBeLessThanOrEqual(bound);
    return {
      [Symbol.dispose]: () => {
        holders -= 1;
        guard[Symbol.dispose]();
      },
    };
  });
}

function contention(primitive: Lock | Semaphore, bound: number, free: string): World {
  const operation = holding(() => primitive.acquire(), bound);
  function* rival(): Steps<void> {
    for (let i = 0; i < 2; i += 1) {
      using _held = yield* operation();
      yield;
    }
  }
  return {
    operation,
    before: [rival, rival],
    after: [rival, rival],
    *check() {
      expect(String(primitive)).toBe(free);
    },
  };
}

function* ignoringShutDown(operation: () => Iterable<unknown>): Steps<void> {
  try {
    yield* operation() as Steps<unknown>;
  } catch (error) {
    if (!(error instanceof QueueShutDown)) throw error;
  }
}

/** A queue with one slot; three getters take what one producer puts. */
function getting(queue: Queue<number>): World {
  const taken: number[] = [];
  const operation = coroutine(function* () {
    taken.push(yield* queue.get());
    return nothing;
  });
  function* produce(): Steps<void> {
    for (let i = 0; i < 3; i += 1) {
      yield* sleep(0);
      yield* queue.put(i);
    }
  }
  return {
    operation,
    before: [() => operation()[Symbol.iterator]()],
    after: [() => operation()[Symbol.iterator](), produce],
    *check(got) {
      if (!got) taken.push(queue.getNowait());
      expect(taken).toEqual([0, 1, 2]);
      expect(String(queue)).toBe(`<${queue.constructor.name} maxsize=1 qsize=0 unfinished=3>`);
    },
  };
}

/** A queue with one slot; three putters, the victim, and one consumer. */
function putting(queue: Queue<string>): World {
  const taken: string[] = [];
  const put = (item: string) =>
    coroutine(function* () {
      yield* queue.put(item);
      return nothing;
    });
  function* consume(): Steps<void> {
    for (let i = 0; i < 3; i += 1) {
      yield* sleep(0);
      taken.push(yield* queue.get());
    }
  }
  return {
    operation: put('victim'),
    before: [() => put('a')()[Symbol.iterator](), () => put('b')()[Symbol.iterator]()],
    after: [() => put('c')()[Symbol.iterator](), consume],
    *check(got) {
      while (!queue.empty()) taken.push(queue.getNowait());
      // An async victim takes its first step at the end of the iteration, after tasks that were started later.
      expect(taken.sort()).toEqual(got ? ['a', 'b', 'c', 'victim'] : ['a', 'b', 'c']);
      expect(String(queue)).toBe(`<${queue.constructor.name} maxsize=1 qsize=0 unfinished=${taken.length}>`);
    },
  };
}

const worlds: Record<string, () => World> = {
  Lock: () => contention(new Lock(), 1, '<Lock unlocked>'),
  Semaphore: () => contention(new Semaphore(2), 2, '<Semaphore unlocked, value: 2>'),
  BoundedSemaphore: () => contention(new BoundedSemaphore(2), 2, '<BoundedSemaphore unlocked, value: 2>'),

  Event() {
    const event = new Event();
    const operation = coroutine(function* () {
      yield* event.wait();
      return nothing;
    });
    function* setLater(): Steps<void> {
      yield* turns(5);
      event.set();
    }
    return {
      operation,
      before: [() => operation()[Symbol.iterator]()],
      after: [() => operation()[Symbol.iterator](), setLater],
      *check() {
        expect(String(event)).toBe('<Event set>');
      },
    };
  },

  Condition() {
    const condition = new Condition();
    let [items, consumed] = [0, 0];
    const operation = coroutine(function* () {
      using _guard = yield* condition.acquire();
      yield* condition.waitFor(() => items > 0);
      expect(condition.locked()).toBe(true);
      items -= 1;
      consumed += 1;
      return nothing;
    });
    function* produce(): Steps<void> {
      for (let i = 0; i < 3; i += 1) {
        yield* sleep(0);
        using _guard = yield* condition.acquire();
        items += 1;
        condition.notify();
      }
    }
    return {
      operation,
      before: [() => operation()[Symbol.iterator]()],
      after: [() => operation()[Symbol.iterator](), produce],
      *check(got) {
        expect(String(condition)).toBe('<Condition unlocked>');
        expect([items, consumed]).toEqual(got ? [0, 3] : [1, 2]);
      },
    };
  },

  'Queue.get': () => getting(new Queue<number>(1)),
  'LifoQueue.get': () => getting(new LifoQueue<number>(1)),
  'PriorityQueue.get': () => getting(new PriorityQueue<number>(1)),
  'Queue.put': () => putting(new Queue<string>(1)),
  'LifoQueue.put': () => putting(new LifoQueue<string>(1)),
  'PriorityQueue.put': () => putting(new PriorityQueue<string>(1)),

  'Queue.join'() {
    const queue = new Queue<number>();
    for (let i = 0; i < 3; i += 1) queue.putNowait(i);
    let done = 0;
    const operation = coroutine(function* () {
      yield* queue.join();
      expect(done).toBe(3);
      return nothing;
    });
    function* work(): Steps<void> {
      while (done < 3) {
        yield* queue.get();
        yield;
        done += 1;
        queue.taskDone();
      }
    }
    return {
      operation,
      before: [() => operation()[Symbol.iterator]()],
      after: [() => operation()[Symbol.iterator](), work],
      *check() {
        expect(String(queue)).toBe('<Queue maxsize=0 qsize=0>');
      },
    };
  },

  'Queue.get until shutdown'() {
    const queue = new Queue<number>();
    const taken: number[] = [];
    const operation = coroutine(function* () {
      yield* ignoringShutDown(function* () {
        for (;;) taken.push(yield* queue.get());
      });
      return nothing;
    });
    function* produce(): Steps<void> {
      for (let i = 0; i < 4; i += 1) {
        yield* queue.put(i);
        yield;
      }
      queue.shutdown();
    }
    return {
      operation,
      before: [() => operation()[Symbol.iterator]()],
      after: [() => operation()[Symbol.iterator](), produce],
      *check() {
        expect(taken).toEqual([0, 1, 2, 3]);
        expect(String(queue)).toBe('<Queue maxsize=0 qsize=0 unfinished=4 shutdown>');
      },
    };
  },

  'Queue.put until an immediate shutdown'() {
    const queue = new Queue<string>(1);
    const put = (item: string) =>
      coroutine(function* () {
        yield* ignoringShutDown(() => queue.put(item));
        return nothing;
      });
    function* shutDown(): Steps<void> {
      yield* turns(5);
      queue.getNowait();
      queue.taskDone();
      queue.shutdown({ immediate: true });
      yield* queue.join();
    }
    return {
      operation: put('victim'),
      before: [() => put('a')()[Symbol.iterator](), () => put('b')()[Symbol.iterator]()],
      after: [() => put('c')()[Symbol.iterator](), shutDown],
      *check() {
        expect(String(queue)).toBe('<Queue maxsize=1 qsize=0 shutdown>');
      },
    };
  },

  Barrier() {
    const barrier = new Barrier(3);
    const operation = coroutine(function* () {
      yield* barrier.wait();
      return nothing;
    });
    const early = (): Steps<number> => barrier.wait()[Symbol.iterator]();
    function* late(): Steps<void> {
      yield* turns();
      yield* barrier.wait();
    }
    return {
      operation,
      before: [early],
      after: [late],
      *check() {
        // A victim cancelled in time has to be replaced.
        if (barrier.nWaiting > 0) {
          expect(barrier.nWaiting).toBe(2);
          yield* barrier.wait();
        }
        yield* turns();
        expect(String(barrier)).toBe('<Barrier filling, 0/3>');
      },
    };
  },
};

const victim: Bodies<void, [World, { got: boolean }]> = {
  *generator(_, world, fate) {
    using _held = yield* world.operation();
    fate.got = true;
    yield; // virtual time stands still while the driver counts iterations
  },
  async async(_, world, fate) {
    using _held = await world.operation();
    fate.got = true;
    await sleep(0);
  },
};

/** Cancels the victim after `step` iterations; true if it had ended before. */
function* cancelAt(
  step: number,
  world: World,
  start: (world: World, fate: { got: boolean }) => Task<void>,
): Steps<boolean> {
  const fate = { got: false };
  const before = world.before.map((body) => createTask(body));
  const task = start(world, fate);
  const after = world.after.map((body) => createTask(body));
  yield* turns(step);
  const tooLate = task.done();
  task.cancel();
  yield* outcomeOf(task);
  expect(task.cancelled()).toBe(!tooLate);
  yield* sleep(10);
  yield* world.check(fate.got);
  for (const other of [...before, ...after]) yield* other;
  return tooLate;
}

describe.each(Object.entries(worlds))('%s: a task cancelled at every step', (_, makeWorld) => {
  it.each(variants)('leaves the other tasks served and nothing held: %s', async (variant) => {
    await runCase(variant, victim, function* (start, { loop }) {
      let step = 0;
      for (; !(yield* cancelAt(step, makeWorld(), start)); step += 1) {
        expectQuiet(loop);
        if (step > 50) throw new Error('it never ends');
      }
      expect(step).toBeGreaterThan(3); // with fewer steps nothing was tested
    });
  });
});
