/** Random programs over one kind of transport, as a fuzzer. */

import { type Fuzzer, smallerLists } from '../campaign.js';
import { Generator } from './generate.js';
import { type Medium, media } from './media.js';
import { type Item, type Program, programText } from './program.js';
import { type RunSettings, runProgram } from './run-program.js';

/** While a program is reduced, a variant that stalls must not take the time of the next variants. */
const BRIEF: RunSettings = { stallMs: 500 };

class TransportFuzzer implements Fuzzer<Program> {
  readonly parts = 'parts';
  readonly name: string;

  constructor(private readonly medium: Medium) {
    this.name = medium.name;
  }

  make(seed: number): Program {
    return new Generator(this.medium, seed).program();
  }

  size({ items }: Program): number {
    return items.length;
  }

  async run(program: Program, brief = false): Promise<string | null> {
    return (await runProgram(program, brief ? BRIEF : {})).violation;
  }

  *smaller(program: Program): globalThis.Generator<Program> {
    for (const items of smallerLists(program.items, smallerWrites)) yield { ...program, items };
  }

  async describe(program: Program): Promise<string> {
    const { log } = await runProgram(program, { logging: true, stallMs: 1000 });
    return [programText(program), 'its last calls:', ...log.map((line) => `    ${line}`)].join('\n');
  }
}

/** Yields the item with fewer bytes to write. */
function* smallerWrites(item: Item): globalThis.Generator<Item> {
  if (!('action' in item) || item.action.do !== 'write') return;
  for (const size of [1, 100, 10_000, 100_000, 300_000]) {
    if (size >= item.action.size) return;
    yield { ...item, action: { do: 'write', size } };
  }
}

/** One fuzzer for each kind of transport. */
export const transportFuzzers: readonly TransportFuzzer[] = media.map((medium) => new TransportFuzzer(medium));
