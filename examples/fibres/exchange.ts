// A rendezvous: ten producers give, five consumers take, and an item is handed over when one of each is waiting.
// Watch who gets what: both sides are served first come, first served, so consumer i alternates between producers i and i + 5.
// Nothing is buffered. A producer is suspended until its item is taken; when no fibre can continue, the waiting ones are closed.

import { program } from '../support/program.js';

class Give {
  constructor(readonly item: string) {}
}

const TAKE = Symbol('take');

type Party = Generator<Give | typeof TAKE, void, string>;

/** Matches givers with takers until no party is ready, then closes those that still wait. */
export function exchange(parties: Iterable<Party>): void {
  const ready = Array.from(parties, (party) => ({ party, item: '' }));
  const givers: Array<{ party: Party; item: string }> = [];
  const takers: Party[] = [];
  for (let next; (next = ready.shift()) !== undefined;) {
    const { done, value: request } = next.party.next(next.item);
    if (done === true) continue;
    if (request instanceof Give) givers.push({ party: next.party, item: request.item });
    else takers.push(next.party);
    while (givers.length > 0 && takers.length > 0) {
      const { party, item } = givers.shift()!;
      ready.push({ party: takers.shift()!, item }, { party, item: '' });
    }
  }
  for (const party of [...takers, ...givers.map(({ party: giver }) => giver)]) party.return();
}

function* producer(id: number, count: number): Party {
  for (let i = 1; i <= count; i += 1) yield new Give(`${id}.${i}`);
}

function* consumer(id: number, got: string[]): Party {
  try {
    for (;;) got.push(yield TAKE);
  } finally {
    console.log(`consumer ${id} got ${got.length}: ${got.join(' ')}`);
  }
}

export function main(): string[][] {
  const got: string[][] = [[], [], [], [], []];
  const producers = Array.from({ length: 10 }, (_, id) => producer(id, 7));
  exchange([...producers, ...got.map((items, id) => consumer(id, items))]);
  return got;
}

await program(import.meta, main);
