// The same on the library: whoever comes first leaves a future in a line, and whoever comes second settles it.
// Watch that the lines are those of exchange.ts. Each match is followed by a bare yield, so that everybody else has a turn first.
// Tasks can be cancelled, which adds the one hard part: an item that was handed to a consumer that is gone must not be lost.

import { Future, type Steps, createTask, gather, run } from 'selectloop';

import { program } from '../support/program.js';

/** Items change hands here, and are stored nowhere. */
export class Exchange<T> {
  private givers: Array<{ item: T; taken: Future<void> }> = [];
  private takers: Array<Future<T>> = [];

  /** Waits until somebody takes the item. Cancelled while it waits, it has given nothing. */
  *give(item: T): Steps<void> {
    if (this.hand(item)) {
      yield; // a turn for the others
      return;
    }
    const offer = { item, taken: new Future<void>() };
    this.givers.push(offer);
    yield* offer.taken;
  }

  /** Waits for an item. Cancelled, it has taken none: an item that was handed to it already goes to the next. */
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
      if (handed.done()) yield; // a turn for the others
      return yield* handed;
    } catch (error) {
      if (!handed.cancelled()) this.putBack(handed.result());
      throw error;
    }
  }

  /** Hands the item to the consumer that waits longest, if there is one. */
  private hand(item: T): boolean {
    const taker = firstWaiting(this.takers, (handed) => handed);
    taker?.setResult(item);
    return taker !== undefined;
  }

  /** The giver of this item has gone on already. So it goes to the next consumer, before any other item. */
  private putBack(item: T): void {
    if (!this.hand(item)) this.givers.unshift({ item, taken: new Future<void>() });
  }
}

/** Takes the first out of a line, without those whose waiting was cancelled. */
function firstWaiting<W>(line: W[], futureOf: (waiter: W) => Future): W | undefined {
  let first: W | undefined;
  do first = line.shift();
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
