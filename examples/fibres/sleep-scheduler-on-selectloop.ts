// The same on the library: three tasks that sleep. Timers are kept in a heap, and the wait happens in select, poll or epoll.
// Watch the times, with --virtual (exact) and without (a little late, never early): nobody wrote a scheduler here.
// While this waits for its timers it would also notice a socket. That is the difference to the scheduler of sleep-scheduler.ts.

import { parseArgs } from 'node:util';

import { type Steps, gather, getRunningLoop, run, sleep } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

import { program } from '../support/program.js';

function* sleeper(id: number, delayMs: number, rounds: number, wake: (id: number) => void): Steps<void> {
  for (let round = 0; round < rounds; round += 1) {
    yield* sleep(delayMs);
    wake(id);
  }
}

export function* main(scale = 1): Steps<string[]> {
  const loop = getRunningLoop();
  const wakes: string[] = [];
  const startMs = loop.time();
  const wake = (id: number): void => void wakes.push(`${id}@${Math.round(loop.time() - startMs)}`);
  yield* gather([sleeper(1, 210 * scale, 5, wake), sleeper(2, 390 * scale, 5, wake), sleeper(3, 90 * scale, 5, wake)]);
  console.log(wakes.join(' '));
  return wakes;
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({ args, options: { virtual: { type: 'boolean' }, scale: { type: 'string' } } });
  await run(() => main(Number(values.scale ?? 1)), values.virtual === true ? { loopFactory: virtualLoop } : {});
});
