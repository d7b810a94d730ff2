/** The happy-eyeballs race without sockets, in virtual time. */

import { describe, expect, it } from 'vitest';

import { type Steps, createTask, getRunningLoop, runSync, sleep } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

import { staggeredRace } from '../../lib/connections/staggered-race.js';
import { cancelled, turns } from '../support/every-loop.js';

const broken = new Error('broken');

function* fails(afterMs = 0): Steps<string> {
  if (afterMs > 0) yield* sleep(afterMs);
  throw broken;
}

/** Attempts that log when they start and when they end. */
class Attempts {
  readonly log: string[] = [];
  readonly discarded: string[] = [];

  attempt(name: string, body: () => Steps<string>): () => Steps<string> {
    const { log } = this;
    return function* () {
      log.push(`${name} starts at ${Math.round(getRunningLoop().time())}`);
      try {
        return yield* body();
      } finally {
        log.push(`${name} ends at ${Math.round(getRunningLoop().time())}`);
      }
    };
  }

  race(bodies: Array<() => Steps<string>>, delayMs = 100) {
    const attempts = bodies.map((body, i) => this.attempt(`#${i}`, body));
    return staggeredRace(attempts, delayMs, (value) => this.discarded.push(value));
  }
}

function* returns(value: string, afterMs = 0): Steps<string> {
  if (afterMs > 0) yield* sleep(afterMs);
  return value;
}

const inVirtualTime = (body: (attempts: Attempts) => Steps<void>): void =>
  runSync(() => body(new Attempts()), { loopFactory: () => virtualLoop() });

describe('a staggered race', () => {
  it('without attempts has no winner', () =>
    inVirtualTime(function* (attempts) {
      expect(yield* attempts.race([])).toEqual({ winner: null, errors: [] });
    }));

  it('does not start the second attempt when the first succeeds in time', () =>
    inVirtualTime(function* (attempts) {
      const result = yield* attempts.race([() => returns('one', 50), () => returns('two')]);
      expect(result).toEqual({ winner: { value: 'one', index: 0 }, errors: [null] });
      expect(attempts.log).toEqual(['#0 starts at 0', '#0 ends at 50']);
    }));

  it('starts the second attempt immediately, not after the delay, when the first fails', () =>
    inVirtualTime(function* (attempts) {
      const result = yield* attempts.race([() => fails(10), () => returns('two')]);
      expect(result).toEqual({ winner: { value: 'two', index: 1 }, errors: [broken, null] });
      expect(attempts.log).toEqual(['#0 starts at 0', '#0 ends at 10', '#1 starts at 10', '#1 ends at 10']);
    }));

  it('starts the second attempt after the delay when the first hangs; if the second wins, the first is cancelled and awaited', () =>
    inVirtualTime(function* (attempts) {
      const slowToEnd = function* (): Steps<string> {
        try {
          return yield* returns('one', 1e6);
        } finally {
          yield* sleep(30);
        }
      };
      const result = yield* attempts.race([slowToEnd, () => returns('two', 20)]);
      expect(result).toEqual({ winner: { value: 'two', index: 1 }, errors: [null, null] });
      expect(attempts.log).toEqual(['#0 starts at 0', '#1 starts at 100', '#1 ends at 120', '#0 ends at 150']);
    }));

  it('without a successful attempt has no winner and returns all errors', () =>
    inVirtualTime(function* (attempts) {
      const result = yield* attempts.race([() => fails(), () => fails(250), () => fails(5)]);
      expect(result).toEqual({ winner: null, errors: [broken, broken, broken] });
    }));

  it('of two attempts that succeed in the same iteration the first one wins, and the other result is discarded', () =>
    inVirtualTime(function* (attempts) {
      const result = yield* attempts.race([() => returns('one', 150), () => returns('two', 50)]);
      expect(result.winner).toEqual({ value: 'one', index: 0 });
      expect(attempts.discarded).toEqual(['two']);
    }));

  it('when it is cancelled, ends all attempts and discards a result', () =>
    inVirtualTime(function* (attempts) {
      const race = createTask(attempts.race([() => returns('one', 1e6), () => returns('two', 1e6)]));
      yield* sleep(150);
      yield* cancelled(race);
      expect(attempts.log.filter((line) => line.includes('ends'))).toEqual(['#0 ends at 150', '#1 ends at 150']);
      const late = createTask(attempts.race([() => returns('late')]));
      yield* turns(2); // the attempt has ended, but the race has not resumed
      yield* cancelled(late);
      expect(attempts.discarded).toEqual(['late']);
    }));

  it('when it is closed, cancels its attempts', () =>
    inVirtualTime(function* (attempts) {
      const race = attempts.race([() => returns('one', 1e6)]);
      const driver = createTask(function* () {
        yield* turns(1);
        race.next(); // starts the attempt, and waits
      });
      yield* turns(1);
      yield* driver;
      race.return(undefined as never);
      yield* turns(3);
      expect(attempts.log.length % 2).toBe(0);
    }));
});
