// Values that take a wait each, with generators: a generator that waits cannot also yield values, so it is asked through next().
// Watch that the trace is that of `for await`: maker and taker take turns, and close() is what leaving the loop early has to call.
// Only separate tasks run beside each other: two such loops in two tasks take the time of one. `--scale 1` takes its real time.

import { type Steps, gather, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

/** What an `async function*` makes, for generator coroutines: both calls may take a wait. */
interface Source<T> {
  /** The next value; undefined at the end. */
  next(): Steps<T | undefined>;
  /** Cleans up: `for await` would call it by itself. */
  close(): Steps<void>;
}

export function* main(scale = 1): Steps<void> {
  const say = startTrace(scale);

  function powers(name: string, count: number): Source<number> {
    let i = 0;
    return {
      *next() {
        if (i === count) return undefined;
        yield* sleep(1000 * scale);
        say(`${name} makes ${2 ** i}`);
        return 2 ** i++;
      },
      *close() {
        yield* sleep(1000 * scale);
        say(`${name} has cleaned up`);
      },
    };
  }

  /** `for await`, written out: `take` returns false to leave the loop. */
  function* forEach<T>(source: Source<T>, take: (value: T) => boolean | void): Steps<void> {
    try {
      for (let value; (value = yield* source.next()) !== undefined;) if (take(value) === false) break;
    } finally {
      yield* source.close();
    }
  }

  function* sum(name: string, count: number): Steps<number> {
    let total = 0;
    yield* forEach(powers(name, count), (power) => void (total += power));
    return total;
  }

  say('to the end');
  yield* forEach(powers('A', 3), (power) => say(`got ${power}`));

  say('left in the middle');
  yield* forEach(powers('B', 100), (power) => {
    say(`got ${power}`);
    return power !== 2;
  });
  say('out of the loop');

  say('two at once');
  const sums = yield* gather([sum('C', 2), sum('D', 2)]);
  say(`sums: ${sums.join(', ')}`);
}

await program(import.meta, (args) => runSync(() => main(scaleFrom(args, 0.5))));
