// Results in order of completion, with generators: iterating over asCompleted yields coroutines, which are awaited one by one.
// Watch the second part: `for await` is allowed only in async functions, so here wait(FIRST_COMPLETED) finds the task that is done.
// After a timeout, the next wait throws TimeoutError, and the slow tasks continue. `--scale 1` runs in real time.

import { type Future, type Steps, type Task, asCompleted, createTask, gather, runSync, sleep, wait } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

export function* main(scale = 1): Steps<void> {
  const say = startTrace(scale);

  function* deliver(what: string, seconds: number): Steps<string> {
    yield* sleep(seconds * 1000 * scale);
    return what;
  }
  const parcel = (): Task<string> => createTask(deliver('parcel', 3));
  const letter = (): Task<string> => createTask(deliver('letter', 1));
  const pizza = (): Task<string> => createTask(deliver('pizza', 2));

  say('one result after the other');
  for (const next of asCompleted([parcel(), letter(), pizza()])) say(`here is the ${yield* next}`);

  say('which task was it?');
  const from = new Map<Future, string>([
    [parcel(), 'the post office'],
    [pizza(), 'the kitchen'],
  ]);
  for (let pending = new Set(from.keys()); pending.size > 0;) {
    const progress = yield* wait(pending, { returnWhen: 'FIRST_COMPLETED' });
    for (const task of progress.done) say(`${from.get(task)} has sent the ${String(task.result())}`);
    ({ pending } = progress);
  }

  say('no longer than two and a half seconds');
  const tasks = [parcel(), letter()];
  try {
    for (const next of asCompleted(tasks, { timeoutMs: 2500 * scale })) say(`here is the ${yield* next}`);
  } catch (error) {
    say(`too late: ${(error as Error).name}`);
  }
  say(`later, all of them: ${(yield* gather(tasks)).join(', ')}`);
}

await program(import.meta, (args) => runSync(() => main(scaleFrom(args, 0.5))));
