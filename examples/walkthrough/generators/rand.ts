// Three makers draw random numbers until one is high enough, with generators: each waits at `yield* sleep(...)`.
// Watch: the order is that of the async flavour, because it depends on the loop's timers and not on the kind of coroutine.
// The numbers are those of a well-known published run; `--seed 7` draws others. `--scale 1` runs in real time.

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
