// Chains of two coroutines: within a chain the second waits for the first, while the chains run concurrently.
// Watch which chain ends first: that depends on its own two sleeps, not on its position in the arguments (default `9 6 3`).
// The numbers are those of a well-known published run; `--seed 7` draws others. `--scale 1` runs in real time.

import { createTask, gather, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { recordedNumbers, settingsFrom } from './numbers.js';
import { startTrace } from './trace.js';

const NAMES = ['9', '6', '3'];

export async function main(names: readonly string[] = NAMES, scale = 1, numbers = recordedNumbers()): Promise<void> {
  const say = startTrace(scale);

  async function part(name: string, input: string): Promise<string> {
    const seconds = numbers();
    say(`${name} sleeps ${seconds} s`);
    await sleep(seconds * 1000 * scale);
    return `${name} of ${input}`;
  }

  async function chain(name: string): Promise<void> {
    const first = await part(`part 1 of chain ${name}`, 'nothing');
    const second = await part(`part 2 of chain ${name}`, first);
    say(`chain ${name} ends with: ${second}`);
  }

  await gather(names.map((name) => createTask(() => chain(name))));
  say('done');
}

await program(import.meta, (args) => {
  const { scale, numbers, positionals } = settingsFrom(args);
  return run(() => main(positionals.length > 0 ? positionals : NAMES, scale, numbers));
});
