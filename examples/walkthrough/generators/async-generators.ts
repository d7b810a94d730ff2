// Values that need a wait, with generators: a generator coroutine cannot also yield values, so the producer has a method next().
// Watch: the output is that of `for await`. Producer and consumer alternate, and leaving the loop early has to call close().
// Only separate tasks run concurrently: two such loops in two tasks take the time of one. `--scale 1` runs in real time.

import { type Steps, gather, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { scaleFrom, startTrace } from '../trace.js';

/** The counterpart of an async generator for generator coroutines. Both methods may wait. */
interface Source<T> {
  /** Returns the next value, or undefined at the end. */
  next(): Steps<T | undefined>;
  /** Cleans up. `for await` would call it implicitly. */
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

  /** Does what `for await` does. `take` returns false to leave the loop. */
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
