// Three makers draw random numbers until one is high enough, with generators: `yield* sleep(...)` stands where each one waits.
// Watch that the order is the one of the async flavour: what decides it is the loop's timers, not the kind of coroutine.
// The numbers are those of a well-known published run; `--seed 7` draws others. `--scale 1` takes its real time.

import { type Steps, gather, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { recordedNumbers, settingsFrom } from '../numbers.js';
import { startTrace } from '../trace.js';

export function* main(scale = 1, numbers = recordedNumbers()): Steps<void> {
  const say = startTrace(scale);

  function* make(id: number, threshold: number): Steps<number> {
    const seconds = id + 1;
    say(`maker ${id} begins: wants more than ${threshold}`);
    let number = numbers();
    while (number <= threshold) {
      say(`maker ${id} drew ${number}: too low, sleeps ${seconds} s`);
      yield* sleep(seconds * 1000 * scale);
      number = numbers();
    }
    say(`maker ${id} drew ${number}: done`);
    return number;
  }

  const results = yield* gather([9, 8, 7].map((threshold, id) => make(id, threshold)));
  say(`results: ${results.join(', ')}`);
}

await program(import.meta, (args) => {
  const { scale, numbers } = settingsFrom(args);
  runSync(() => main(scale, numbers));
});
