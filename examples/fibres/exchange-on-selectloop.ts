// The same on the library: the side that comes first queues a future, and the side that comes second completes it.
// Watch: the output is that of exchange.ts. After each match a bare yield lets all other tasks run first.
// Tasks can be cancelled, which adds the difficult part: an item that was handed to a cancelled consumer must not be lost.

import { Future, type Steps, createTask, gather, run } from 'selectloop';

import { program } from '../support/program.js';

/** Hands items from givers to takers, without a buffer. */
export class Exchange<T> {
  private givers: Array<{ item: T; taken: Future<void> }> = [];
  private takers: Array<Future<T>> = [];

  /** Waits until a task takes the item. If it is cancelled while it waits, the item has not been given. */
  *give(item: T): Steps<void> {
    if (this.hand(item)) {
      yield; // lets the other tasks run
      return;
    }
    const offer = { item, taken: new Future<void>() };
    this.givers.push(offer);
    yield* offer.taken;
  }

  /** Waits for an item. If it is cancelled, it has taken none: an item that was handed to it already goes to the next taker. */
  *take(): Steps<T> {
    const handed = new Future<T>();
    const offer = firstWaiting(this.givers, ({ taken }) => taken);
    if (offer === undefined) {
      this.takers.push(handed);
    } else {
      offer.taken.setResult(undefined);
      handed.setResult(offer.item);
    }
    try {
      if (handed.done()) yield; // lets the other tasks run
      return yield* handed;
    } catch (error) {
      if (!handed.cancelled()) this.putBack(handed.result());
      throw error;
    }
  }

  /** Hands the item to the taker that has waited longest. Returns false if none is waiting. */
  private hand(item: T): boolean {
    const taker = firstWaiting(this.takers, (handed) => handed);
    taker?.setResult(item);
    return taker !== undefined;
  }

  /** Returns an item to the front of the queue. Its giver has continued already, so nothing waits for its `taken`. */
  private putBack(item: T): void {
    if (!this.hand(item)) this.givers.unshift({ item, taken: new Future<void>() });
  }
}

/** Removes and returns the first waiter that has not been cancelled. */
function firstWaiting<W>(queue: W[], futureOf: (waiter: W) => Future): W | undefined {
  let first: W | undefined;
  do first = queue.shift();
  while (first !== undefined && futureOf(first).done());
  return first;
}

function* producer(id: number, count: number, market: Exchange<string>): Steps<void> {
  for (let i = 1; i <= count; i += 1) yield* market.give(`${id}.${i}`);
}

function* consumer(id: number, market: Exchange<string>, got: string[]): Steps<void> {
  try {
    for (;;) got.push(yield* market.take());
  } finally {
    console.log(`consumer ${id} got ${got.length}: ${got.join(' ')}`);
  }
}

export function* main(): Steps<string[][]> {
  const market = new Exchange<string>();
  const got: string[][] = [[], [], [], [], []];
  const producers = Array.from({ length: 10 }, (_, id) => createTask(producer(id, 7, market)));
  const consumers = got.map((items, id) => createTask(consumer(id, market, items)));
  yield* gather(producers);
  for (const task of consumers) task.cancel();
  yield* gather(consumers, { returnExceptions: true });
  return got;
}

await program(import.meta, () => run(main));
