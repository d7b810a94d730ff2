// Three tasks sleep concurrently while a health check runs every three seconds: ten seconds in all, not seventeen.
// Watch the order in which the tasks end (by time) and the order of their results (by argument).
// To run it on the library, import from './tiny-on-selectloop.js' instead. `--scale 0.1` runs it ten times as fast.

import { parseArgs } from 'node:util';

import { program } from '../support/program.js';
import { type Steps, createPeriodicTask, gather, getEventLoop, run, sleep } from './tiny.js';

export function* main(scale = 1): Steps<number[]> {
  const loop = getEventLoop();
  const startMs = loop.time();
  const say = (text: string): void => {
    const seconds = Math.round((loop.time() - startMs) / (1000 * scale));
    console.log(`t=${String(seconds).padEnd(2)} ${text}`);
  };

  function* task(id: number, seconds: number): Steps<number> {
    say(`task ${id} starts and sleeps ${seconds} s`);
    yield* sleep(seconds * 1000 * scale);
    say(`task ${id} ends`);
    return id;
  }

  createPeriodicTask(() => say('health check: all is well'), 3000 * scale);
  const results = yield* gather([task(1, 5), task(2, 2), task(3, 10)]);
  say(`results: ${results.join(', ')}`);
  return results;
}

await program(import.meta, (args) => {
  const { values } = parseArgs({ args, options: { scale: { type: 'string', default: '1' } } });
  return run(() => main(Number(values.scale)));
});
