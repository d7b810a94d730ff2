// Results in order of completion: the first that is ready is the first that you get.
// Watch the second part: iterating over asCompleted yields awaitables, but `for await` yields the very tasks that you passed in.
// After a timeout, the next wait throws TimeoutError, and the slow tasks continue. `--scale 1` runs in real time.

import { type Future, type Task, asCompleted, createTask, gather, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

export async function main(scale = 1): Promise<void> {
  const say = startTrace(scale);

  async function deliver(what: string, seconds: number): Promise<string> {
    await sleep(seconds * 1000 * scale);
    return what;
  }
  const parcel = (): Task<string> => createTask(() => deliver('parcel', 3));
  const letter = (): Task<string> => createTask(() => deliver('letter', 1));
  const pizza = (): Task<string> => createTask(() => deliver('pizza', 2));

  say('one result after the other');
  for (const next of asCompleted([parcel(), letter(), pizza()])) say(`here is the ${await next}`);

  say('which task was it?');
  const from = new Map<Future, string>([
    [parcel(), 'the post office'],
    [pizza(), 'the kitchen'],
  ]);
  for await (const task of asCompleted(from.keys())) {
    say(`${from.get(task)} has sent the ${String(task.result())}`);
  }

  say('no longer than two and a half seconds');
  const tasks = [parcel(), letter()];
  try {
    for (const next of asCompleted(tasks, { timeoutMs: 2500 * scale })) say(`here is the ${await next}`);
  } catch (error) {
    say(`too late: ${(error as Error).name}`);
  }
  say(`later, all of them: ${(await gather(tasks)).join(', ')}`);
}

await program(import.meta, (args) => run(() => main(scaleFrom(args, 0.5))));
