/**
 * An hour of a program's life, at exact times in milliseconds: a client that polls an unreliable service every minute, with a
 * timeout for each attempt and exponential back-off between attempts, beside a periodic task, until its time is over.
 */

import { type Steps, TimeoutError, createTask, getRunningLoop, moveOnAfter, sleep, timeout } from 'selectloop';
import { describe, expect } from 'vitest';

import { type Bodies, inBothFlavours } from '../tasks/both-flavours.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const BEAT_MS = 35 * SECOND;
const ATTEMPT_MS = 2500;
const FIRST_PAUSE_MS = 100.5;
const LONGEST_PAUSE_MS = 10 * SECOND;

type Entry = readonly [what: string, atMs: number];

/** The behaviour of the service at the n-th request: it answers after a delay, fails, or never answers. */
function behaviour(n: number): { kind: 'answer' | 'error' | 'silence'; afterMs: number } {
  if (n % 7 < 3) return { kind: 'answer', afterMs: 80 + (n % 5) * 0.25 };
  return n % 2 === 0 ? { kind: 'error', afterMs: 12.5 } : { kind: 'silence', afterMs: 30 * SECOND };
}

/** The expected log, by arithmetic alone. */
function expectedLog(): Entry[] {
  const log: Entry[] = [];
  let request = 0;
  let now = 0;
  for (;;) {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const { kind, afterMs } = behaviour(request);
      request += 1;
      now += Math.min(afterMs, ATTEMPT_MS);
      if (now >= HOUR) return log;
      log.push([kind === 'silence' ? 'timeout' : kind, now]);
      if (kind === 'answer') break;
      now += pauseMs;
      if (now >= HOUR) return log;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    now += MINUTE;
    if (now >= HOUR) return log;
  }
}

function now(): number {
  return getRunningLoop().time();
}

class ServiceError extends Error {}

const program: Bodies<[Entry[], Entry[]], []> = {
  *generator() {
    const log: Entry[] = [];
    const beats: Entry[] = [];
    let requests = 0;
    const service = function* (): Steps<void> {
      const { kind, afterMs } = behaviour(requests++);
      yield* sleep(afterMs);
      if (kind === 'error') throw new ServiceError();
    };
    const ask = function* (): Steps<void> {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          yield* timeout(ATTEMPT_MS, service);
          log.push(['answer', now()]);
          return;
        } catch (error) {
          log.push([nameOf(error), now()]);
        }
        yield* sleep(pauseMs);
      }
    };
    const heart = createTask(function* () {
      for (;;) {
        yield* sleep(BEAT_MS);
        beats.push(['beat', now()]);
      }
    });
    yield* moveOnAfter(HOUR, function* () {
      for (;;) {
        yield* ask();
        yield* sleep(MINUTE);
      }
    });
    heart.cancel();
    return [log, beats];
  },

  async async() {
    const log: Entry[] = [];
    const beats: Entry[] = [];
    let requests = 0;
    const service = async (): Promise<void> => {
      const { kind, afterMs } = behaviour(requests++);
      await sleep(afterMs);
      if (kind === 'error') throw new ServiceError();
    };
    const ask = async (): Promise<void> => {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          await timeout(ATTEMPT_MS, service);
          log.push(['answer', now()]);
          return;
        } catch (error) {
          log.push([nameOf(error), now()]);
        }
        await sleep(pauseMs);
      }
    };
    const heart = createTask(async () => {
      for (;;) {
        await sleep(BEAT_MS);
        beats.push(['beat', now()]);
      }
    });
    await moveOnAfter(HOUR, async () => {
      for (;;) {
        await ask();
        await sleep(MINUTE);
      }
    });
    heart.cancel();
    return [log, beats];
  },
};

/** The log entry for an error of the service; any other error, such as a cancellation, is thrown. */
function nameOf(error: unknown): string {
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof ServiceError) return 'error';
  throw error;
}

describe('an hour of virtual time', () => {
  inBothFlavours('passes immediately, with every event at its exact time', program, function* (start, { loop }) {
    const began = performance.now();
    const [log, beats] = yield* start();
    expect(performance.now() - began).toBeLessThan(HOUR / 1000);
    expect(loop.time()).toBe(HOUR);
    expect(log).toEqual(expectedLog());
    expect(new Set(log.map(([what]) => what))).toEqual(new Set(['answer', 'error', 'timeout']));
    expect(log.length).toBeGreaterThan(100);
    expect(beats).toEqual(Array.from({ length: 102 }, (_, i) => ['beat', (i + 1) * BEAT_MS]));
  });
});
