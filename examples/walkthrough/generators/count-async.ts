// Three concurrent counters, with generators: `function*` for `async function`, `yield*` for `await`; nothing else changes.
// Watch: the output is the same, although there are no promises here, and Node's own loop does not run meanwhile.
// A call returns a coroutine that has not begun; gather makes a task of it. `--scale 0.1` runs ten times as fast.

import { type Steps, gather, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

export function* main(scale = 1): Steps<void> {
  const say = startTrace(scale);

  function* count(): Steps<void> {
    say('One');
    yield* sleep(1000 * scale);
    say('Two');
  }

  yield* gather([count(), count(), count()]);
  say('done');
}

await program(import.meta, (args) => runSync(() => main(scaleFrom(args))));
