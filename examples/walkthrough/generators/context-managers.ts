// Resources whose opening and closing need a wait: in a generator, `try` and `finally` with `yield*` inside.
// Watch the order: the last one opened is closed first, whether the block is left at its end, by an error, or by a timeout.
// Releasing a lock needs no wait, so `using` is enough, as in async functions. `--scale 1` runs in real time.

import { Lock, type Steps, gather, runSync, sleep, timeout } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

export function* main(scale = 1): Steps<void> {
  const say = startTrace(scale);

  /** Runs `body` with a connection that takes a second to open and a second to close. */
  function* connected(name: string, body: () => Steps<void>): Steps<void> {
    yield* sleep(1000 * scale);
    say(`  ${name} is open`);
    try {
      yield* body();
    } finally {
      yield* sleep(1000 * scale);
      say(`  ${name} is closed`);
    }
  }

  function* copy(): Steps<void> {
    yield* connected('source', () =>
      connected('target', function* () {
        say('  copying');
      }),
    );
  }

  function* fail(): Steps<void> {
    yield* connected('source', function* () {
      throw new Error('nothing to copy');
    });
  }

  function* dawdle(): Steps<void> {
    yield* connected('source', () => sleep(100_000 * scale)[Symbol.iterator]());
  }

  say('to the end');
  yield* copy();
  say('left by an error');
  try {
    yield* fail();
  } catch (error) {
    say(`caught ${String(error)}`);
  }
  say('left by a time limit of three seconds');
  try {
    yield* timeout(3000 * scale, dawdle);
  } catch (error) {
    say(`caught ${(error as Error).name}`);
  }

  const lock = new Lock();
  function* useLock(name: string): Steps<void> {
    using _guard = yield* lock.acquire();
    say(`  ${name} has the lock`);
    yield* sleep(1000 * scale);
  }
  say('two tasks, one lock');
  yield* gather([useLock('A'), useLock('B')]);
  say(`locked at the end: ${lock.locked()}`);
}

await program(import.meta, (args) => runSync(() => main(scaleFrom(args, 0.5))));
