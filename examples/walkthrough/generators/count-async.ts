// Three counters at once, with generators: `function*` for `async function`, `yield*` for `await`, and nothing else changes.
// Watch that the trace is the same to the line, although here no promise exists and Node's own loop stands still meanwhile.
// A call makes a coroutine that has not begun; gather makes it a task. `--scale 0.1` is ten times as fast.

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
