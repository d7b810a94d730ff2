// Three concurrent counters in one thread: while one waits, another one runs. Three waits of a second take one second.
// Watch: "One" appears three times before the first "Two", because each `await` lets the other counters run.
// Compare count-sync, and generators/count-async, which uses `yield*` for `await`. `--scale 0.1` runs ten times as fast.

import { createTask, gather, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

export async function main(scale = 1): Promise<void> {
  const say = startTrace(scale);

  async function count(): Promise<void> {
    say('One');
    await sleep(1000 * scale);
    say('Two');
  }

  await gather([createTask(count), createTask(count), createTask(count)]);
  say('done');
}

await program(import.meta, (args) => run(() => main(scaleFrom(args))));
