// The same on the library: three tasks sleep. The loop keeps its timers in a heap and waits in select, poll or epoll.
// Watch the times, with --virtual (exact) and without (a little late, never early).
// Unlike the scheduler of sleep-scheduler.ts, the loop also notices ready sockets while it waits for timers.

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
