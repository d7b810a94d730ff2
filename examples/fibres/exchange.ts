// A rendezvous: ten producers give, five consumers take, and an item changes hands only when one of each is there.
// Watch who gets what: on both sides the longest waiting comes first, so that consumer i serves producers i and i + 5 in turn.
// Nothing is stored. A producer stands still until its item is taken, and when nobody is left to give, the takers are closed.

import { program } from '../support/program.js';

class Give {
  constructor(readonly item: string) {}
}

const TAKE = Symbol('take');

type Party = Generator<Give | typeof TAKE, void, string>;

/** Brings givers and takers together until nobody can go on, and closes those who still wait. */
export function exchange(parties: Iterable<Party>): void {
  const ready = Array.from(parties, (party) => ({ party, item: '' }));
  const givers: Array<{ party: Party; item: string }> = [];
  const takers: Party[] = [];
  for (let turn; (turn = ready.shift()) !== undefined;) {
    const { done, value: request } = turn.party.next(turn.item);
    if (done === true) continue;
    if (request instanceof Give) givers.push({ party: turn.party, item: request.item });
    else takers.push(turn.party);
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
