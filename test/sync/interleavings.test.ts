/**
 * Random programs: tasks of both flavours side by side that start, continue, are cancelled and time out, in one iteration of the
 * loop or in several; in the order of scheduling, and in a hundred shuffled orders.
 *
 * Counts are taken inside the operations, at the moment of success: an async function resumes only later.
 */

import fc from 'fast-check';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coroutine,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
  type Steps,
  type Task,
  coroutine,
  createTask,
  sleep,
  waitFor,
} from 'selectloop';
import { shuffleHandles } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { type Bodies, type Start, expectQuiet, outcomeOf, runCase, turns } from '../tasks/both-flavours.js';

/** The driver's next action. */
type Command =
  | { do: 'start'; flavour: Flavour; what: number; limitMs: number | null }
  | { do: 'cancel' | 'go on'; which: number }
  | { do: 'feed' }
  | { do: 'turn' | 'pass time' };
type Flavour = 'generator' | 'async';

const commands = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('start' as const),
        flavour: fc.constantFrom<Flavour>('generator', 'async'),
        what: fc.nat({ max: 1 }),
        limitMs: fc.constantFrom(null, null, null, 1, 2),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat({ max: 4 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('go on' as const), which: fc.nat({ max: 4 }) }) },
    { weight: 2, arbitrary: fc.constant({ do: 'feed' as const }) },
    { weight: 3, arbitrary: fc.constant({ do: 'turn' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'pass time' as const }) },
  ),
  { maxLength: 40, size: 'max' }, // otherwise at most ten commands
);

/** A system of tasks under test. */
interface System {
  /** The operation that a task awaits first; the task keeps the result until its gate opens. */
  operation(what: number, id: number): Coroutine<Disposable>;
  /** Names of errors with which an operation may fail, apart from cancellation and timeout. */
  errors?: readonly string[];
  /** An action of the driver itself. */
  feed?(): void;
  /** Holds after every command. */
  invariant(): void;
  /** Holds when no task can continue; `waiting`: how many tasks still wait, for each `what`. */
  quiet?(waiting: readonly number[]): void;
  /** Called when all tasks have ended. */
  end(): void;
}

interface Member {
  readonly task: Task<void>;
  readonly gate: Future<void>;
  readonly what: number;
}

type StartMember = Start<void, [() => Coroutine<Disposable>, Future<void>]>;

const member: Bodies<void, [() => Coroutine<Disposable>, Future<void>]> = {
  *generator(_, operation, gate) {
    using _held = yield* operation();
    yield* gate;
  },
  async async(_, operation, gate) {
    using _held = await operation();
    await gate;
  },
};

function* play(system: System, program: readonly Command[], starts: Record<Flavour, StartMember>): Steps<void> {
  const members: Member[] = [];
  const succeeded = new Set<number>();
  for (const command of program) {
    switch (command.do) {
      case 'start': {
        const id = members.length;
        const gate = new Future<void>();
        const operation = coroutine(function* () {
          const operation = system.operation(command.what, id);
          const held = yield* command.limitMs === null ? operation : waitFor(operation, command.limitMs);
          succeeded.add(id);
          return held;
        });
        members.push({ task: starts[command.flavour](operation, gate), gate, what: command.what });
        break;
      }
      case 'cancel': {
        // Mostly one at the front of the wait queue, which is or will be woken.
        const waiting = members.filter(({ task }, id) => !task.done() && (command.which === 4 || !succeeded.has(id)));
        waiting[command.which % waiting.length]?.task.cancel();
        break;
      }
      case 'go on': {
        const holding = members.filter(({ gate }, id) => !gate.done() && succeeded.has(id));
        holding[command.which % holding.length]?.gate.setResult();
        break;
      }
      case 'feed':
        system.feed?.();
        break;
      case 'turn':
        yield;
        break;
      case 'pass time':
        yield* sleep(1);
    }
    system.invariant();
  }
  yield* turns(10 + 4 * program.length); // until no task can continue: each keeps the lock for an iteration
  system.invariant();
  const waiting = [0, 0];
  for (const [id, { task, what }] of members.entries()) {
    if (!task.done() && !succeeded.has(id)) waiting[what]! += 1;
  }
  system.quiet?.(waiting);
  const allowed = ['CancelledError', 'TimeoutError', ...(system.errors ?? [])];
  for (const { gate } of members) if (!gate.done()) gate.setResult();
  yield* turns(10 + 3 * members.length);
  system.invariant();
  for (const { task } of members) {
    if (system.quiet !== undefined) task.cancel(); // there will be no further feed
    const outcome = yield* outcomeOf(task);
    if ('error' in outcome) expect(allowed).toContain((outcome.error as Error).name);
  }
  system.end();
}

/** In the order of scheduling, or shuffled: then tasks woken in one iteration do not run in the order of waking. */
type Order = 'in order' | 'shuffled';

/** Runs random programs in a hosted loop, where both flavours can live. */
async function checkRuns(numRuns: number, shuffle: number | null, makeSystem: () => System): Promise<void> {
  await fc.assert(
    fc.asyncProperty(commands, async (program) => {
      await runCase('async', member, function* (start, scene) {
        if (shuffle !== null) shuffleHandles(scene.loop, shuffle);
        const generator: StartMember = (...args) => createTask(member.generator(scene, ...args));
        yield* play(makeSystem(), program, { async: start, generator });
        expectQuiet(scene.loop);
      });
    }),
    { numRuns },
  );
}

async function check(order: Order, makeSystem: (order: Order) => System): Promise<void> {
  if (order === 'in order') await checkRuns(60, null, () => makeSystem(order));
  else for (let seed = 0; seed < 100; seed += 1) await checkRuns(1, seed, () => makeSystem(order));
}

/** At most `bound` tasks hold it at a time, in the order in which they asked. */
function exclusion(order: Order, primitive: Lock | Semaphore, bound: number, free: string): System {
  let holders = 0;
  let asked = 0;
  const served: number[] = [];
  return {
    operation: coroutine(function* () {
      asked += 1;
      const turn = asked;
      const guard = yield* primitive.acquire();
      holders += 1;
      served.push(turn);
      return {
        [Symbol.dispose]: () => {
          holders -= 1;
          guard[Symbol.dispose]();
        },
      };
    }),
    invariant() {
      expect(holders).toBeLessThanOrEqual(bound);
      if (order === 'in order' || bound === 1) expect(served).toEqual([...served].sort((a, b) => a - b));
    },
    end() {
      expect(String(primitive)).toBe(free);
    },
  };
}

function queueing(maxsize: number): System {
  const queue = new Queue<number>(maxsize);
  const put: number[] = [];
  const taken: number[] = [];
  const nothing: Disposable = { [Symbol.dispose]: () => undefined };
  const take = coroutine(function* (): Steps<Disposable> {
    taken.push(yield* queue.get());
    return nothing;
  });
  const give = coroutine(function* (item: number): Steps<Disposable> {
    yield* queue.put(item);
    put.push(item);
    return nothing;
  });
  return {
    operation: (what, id) => (what === 0 ? take() : give(id)),
    feed() {
      if (queue.full()) taken.push(queue.getNowait());
      else {
        queue.putNowait(-1 - put.length);
        put.push(-1 - put.length);
      }
    },
    invariant() {
      expect(taken).toEqual(put.slice(0, taken.length)); // none lost, none twice, in order
      expect(queue.qsize()).toBe(put.length - taken.length);
      if (maxsize > 0) expect(queue.qsize()).toBeLessThanOrEqual(maxsize);
    },
    quiet([getters = 0, putters = 0]) {
      if (getters > 0) expect(queue.empty()).toBe(true);
      if (putters > 0) expect(queue.full()).toBe(true);
    },
    end() {
      const unfinished = put.length === 0 ? '' : ` unfinished=${put.length}`;
      expect(String(queue)).toBe(`<Queue maxsize=${maxsize} qsize=${queue.qsize()}${unfinished}>`);
    },
  };
}

function conditional(): System {
  const condition = new Condition();
  let [made, items, inside] = [0, 0, 0];
  let consumed = 0;
  const consume = coroutine(function* (): Steps<void> {
    using _guard = yield* condition.acquire();
    yield* condition.waitFor(() => items > 0);
    inside += 1;
    expect([condition.locked(), inside]).toEqual([true, 1]);
    try {
      yield; // keeps the lock for an iteration
    } catch (error) {
      condition.notify(); // cancelled with the item still there: another one may take it
      throw error;
    } finally {
      inside -= 1;
    }
    items -= 1;
    consumed += 1;
  });
  const produce = coroutine(function* (): Steps<void> {
    using _guard = yield* condition.acquire();
    made += 1;
    items += 1;
    condition.notify();
  });
  return {
    operation: coroutine(function* (what: number) {
      yield* what === 0 ? consume() : produce();
      return { [Symbol.dispose]: () => undefined };
    }),
    feed: () => void createTask(produce()),
    invariant() {
      expect(items).toBe(made - consumed);
    },
    quiet([consumers = 0, producers = 0]) {
      expect(producers).toBe(0);
      if (consumers > 0) expect(items).toBe(0); // no wake-up was lost
    },
    end() {
      expect(String(condition)).toBe('<Condition unlocked>');
    },
  };
}

/** Releases `parties` tasks together; no task is left behind. The driver resets it. */
function meeting(parties: number): System {
  const barrier = new Barrier(parties);
  return {
    operation: coroutine(function* () {
      const place = yield* barrier.wait();
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThan(parties);
      return { [Symbol.dispose]: () => undefined };
    }),
    errors: ['BrokenBarrierError'],
    feed: () => barrier.reset(),
    invariant() {
      expect(barrier.nWaiting).toBeLessThan(parties);
    },
    quiet([one = 0, other = 0]) {
      // A task that has not come through waits for further arrivals, not for tasks that have left.
      expect(barrier.nWaiting).toBe(one + other);
    },
    end() {
      expect(String(barrier)).toBe(`<Barrier filling, 0/${parties}>`);
    },
  };
}

/** The driver sets and clears it alternately. */
function signalling(): System {
  const event = new Event();
  return {
    operation: coroutine(function* () {
      yield* event.wait();
      return { [Symbol.dispose]: () => undefined };
    }),
    feed() {
      if (event.isSet()) event.clear();
      else event.set();
    },
    invariant: () => undefined,
    quiet([one = 0, other = 0]) {
      if (event.isSet()) expect(one + other).toBe(0);
      expect(String(event)).toContain(one + other === 0 ? 'set>' : `waiters: ${one + other}>`);
    },
    end() {
      expect(String(event)).toBe(event.isSet() ? '<Event set>' : '<Event unset>');
    },
  };
}

describe.each<Order>(['in order', 'shuffled'])('in random programs, %s,', (order) => {
  it('a Lock has one holder, serves in order, and ends free', () =>
    check(order, () => exclusion(order, new Lock(), 1, '<Lock unlocked>')));

  it.each([1, 2, 3])('a Semaphore of %i never has more holders, serves in order, and ends free', (bound) =>
    check(order, () => exclusion(order, new Semaphore(bound), bound, `<Semaphore unlocked, value: ${bound}>`)),
  );

  it('a BoundedSemaphore is never released too often', () =>
    check(order, () => exclusion(order, new BoundedSemaphore(2), 2, '<BoundedSemaphore unlocked, value: 2>')));

  it.each([0, 1, 2])('a Queue of maxsize %i loses nothing and keeps its order', (maxsize) =>
    check(order, () => queueing(maxsize)),
  );

  it('a Condition loses no notification', () => check(order, conditional));

  it.each([1, 2, 3])('a Barrier for %i leaves no task behind', (parties) => check(order, () => meeting(parties)));

  it('an Event that is set releases every waiter', () => check(order, signalling));
});
