/** What TypeScript infers for locks and queues. `npm run check:types` compiles this file; nothing runs it. */

import {
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coroutine,
  Event,
  type Guard,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  type Steps,
} from 'selectloop';

import { expectType } from './expect-type.js';

export function* inGenerators(): Steps<void> {
  using guard = yield* new Lock().acquire();
  expectType<Guard>()(guard);
  using slot = yield* new BoundedSemaphore(2).acquire();
  expectType<Guard>()(slot);
  using held = yield* new Condition().acquire();
  expectType<Guard>()(held);
  expectType<true>()(yield* new Event().wait());
  expectType<true>()(yield* new Condition().wait());
  expectType<number>()(yield* new Barrier(2).wait());

  const queue = new Queue<string>(10);
  expectType<Coroutine<void>>()(queue.put('item'));
  expectType<string>()(yield* queue.get());
  expectType<string>()(queue.getNowait());
  expectType<void>()(yield* queue.join());
  expectType<Date>()(yield* new LifoQueue<Date>().get());
  const anyOrder: Queue<number> = new PriorityQueue<number>();
  expectType<number>()(yield* anyOrder.get());
  const byLength = new PriorityQueue<string>(0, { compare: (a, b) => a.length - b.length });
  expectType<string>()(yield* byLength.get());
  expectType<Date | undefined>()(yield* new Condition().waitFor(() => new Date() as Date | undefined));
}

export async function inAsyncFunctions(): Promise<void> {
  using guard = await new Semaphore().acquire();
  expectType<Guard>()(guard);
  expectType<string>()(await new Queue<string>().get());
  for await (const item of new Queue<string>()) expectType<string>()(item);
  expectType<number>()(await new Barrier(2).wait());
}

export function* wrongUses(): Steps<void> {
  // @ts-expect-error -- a lock is acquired, not awaited
  yield* new Lock();
  // @ts-expect-error -- nor used as a guard itself
  using _lock = new Lock();
  // @ts-expect-error -- the guard is the result of the coroutine, not the coroutine
  using _coroutine = new Lock().acquire();
  // @ts-expect-error -- a queue of numbers
  yield* new Queue<number>().put('text');
  // @ts-expect-error -- the same without waiting
  new Queue<number>().putNowait('text');
  // @ts-expect-error -- the size is a number
  new Queue('10');
  // @ts-expect-error -- items are read by `for await`, one at a time: a queue is not a list
  for (const _item of new Queue()) yield;
  // @ts-expect-error -- a condition shares only a Lock
  new Condition(new Semaphore());
  // @ts-expect-error -- the number of parties is required
  new Barrier();
  // @ts-expect-error -- the order is a number
  new PriorityQueue<string>(0, { compare: (a, b) => a < b });
  // @ts-expect-error -- guards are made by acquire()
  new Guard();
}
