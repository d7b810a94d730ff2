// Counting without coroutines: three calls, and each blocks the whole thread for the second that it waits.
// Watch that nothing of the second counter happens before the first has ended: three waits of a second take three seconds.
// Compare count-async, line by line: two words more, a third of the time. `--scale 0.1` is ten times as fast.

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

/** Blocks the thread, as a computation or a synchronous read does. Nothing else in this process moves meanwhile. */
function block(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
}

export function main(scale = 1, sleep = block, now = (): number => performance.now()): void {
  const say = startTrace(scale, now);

  function count(): void {
    say('One');
    sleep(1000 * scale);
    say('Two');
  }

  count();
  count();
  count();
  say('done');
}

await program(import.meta, (args) => main(scaleFrom(args)));
