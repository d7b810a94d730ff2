// Three makers draw random numbers until one is high enough, and sleep 1, 2 and 3 seconds between two draws.
// Watch the order: the maker whose sleep ends first draws next, and no maker knows about any other.
// The numbers are those of a well-known published run; `--seed 7` draws others. `--scale 1` runs in real time.

import { createTask, gather, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { recordedNumbers, settingsFrom } from './numbers.js';
import { startTrace } from './trace.js';

export async function main(scale = 1, numbers = recordedNumbers()): Promise<void> {
  const say = startTrace(scale);

  async function make(id: number, threshold: number): Promise<number> {
    const seconds = id + 1;
    say(`maker ${id} begins: wants more than ${threshold}`);
    let number = numbers();
    while (number <= threshold) {
      say(`maker ${id} drew ${number}: too low, sleeps ${seconds} s`);
      await sleep(seconds * 1000 * scale);
      number = numbers();
    }
    say(`maker ${id} drew ${number}: done`);
    return number;
  }

  const results = await gather([9, 8, 7].map((threshold, id) => createTask(() => make(id, threshold))));
  say(`results: ${results.join(', ')}`);
}

await program(import.meta, (args) => {
  const { scale, numbers } = settingsFrom(args);
  return run(() => main(scale, numbers));
});
