// Counting without coroutines: three calls, each of which blocks the thread for a second.
// Watch: the second counter begins only after the first has ended. Three waits of a second take three seconds.
// Compare count-async: two keywords more, a third of the time. `--scale 0.1` runs ten times as fast.

import { program } from '../support/program.js';
import { scaleFrom, startTrace } from './trace.js';

/** Blocks the thread, as a computation or a synchronous read does. No other code of the process runs meanwhile. */
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
