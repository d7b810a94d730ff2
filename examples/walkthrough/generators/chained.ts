// Chains of two coroutines, with generators: a chain is one task, and `yield*` passes the result of one part to the next.
// Watch: `yield*` creates no task. Both parts run within the task of their chain, one after the other.
// The numbers are those of a well-known published run; `--seed 7` draws others. `--scale 1` runs in real time.

import { type Steps, gather, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { recordedNumbers, settingsFrom } from '../numbers.js';
import { startTrace } from '../trace.js';

const NAMES = ['9', '6', '3'];

export function* main(names: readonly string[] = NAMES, scale = 1, numbers = recordedNumbers()): Steps<void> {
  const say = startTrace(scale);

  function* part(name: string, input: string): Steps<string> {
    const seconds = numbers();
    say(`${name} sleeps ${seconds} s`);
    yield* sleep(seconds * 1000 * scale);
    return `${name} of ${input}`;
  }

  function* chain(name: string): Steps<void> {
    const first = yield* part(`part 1 of chain ${name}`, 'nothing');
    const second = yield* part(`part 2 of chain ${name}`, first);
    say(`chain ${name} ends with: ${second}`);
  }

  yield* gather(names.map((name) => chain(name)));
  say('done');
}

await program(import.meta, (args) => {
  const { scale, numbers, positionals } = settingsFrom(args);
  runSync(() => main(positionals.length > 0 ? positionals : NAMES, scale, numbers));
});
