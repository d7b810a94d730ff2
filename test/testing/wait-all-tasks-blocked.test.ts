/** Waiting until every other task is blocked. */

import { readFile } from 'node:fs/promises';

import { Event, type Steps, createTask, getRunningLoop, run, runSync, sleep, sockRecv, socketpair } from 'selectloop';
import { virtualLoop, waitAllTasksBlocked } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';
import { inBothFlavours } from '../sync/scripts.js';
import { turns } from '../tasks/both-flavours.js';

describe('waitAllTasksBlocked', () => {
  inBothFlavours('returns when all other tasks are blocked, and not before', function* (start, { log }) {
    const never = new Event();
    createTask(function* busy() {
      for (let i = 0; i < 20; i += 1) yield;
      log.push('blocked now');
      yield* never.wait();
    });
    const waiter = start(
      () => waitAllTasksBlocked(),
      () => log.push('all blocked'),
    );
    yield* waiter;
    expect(log).toEqual(['blocked now', 'all blocked']);
    expect(getRunningLoop()._instrument).toBeNull();
  });

  inBothFlavours('returns for several waiting tasks in the same iteration', function* (start, { loop }) {
    const seen: number[] = [];
    const waiters = Array.from({ length: 5 }, () =>
      start(
        () => waitAllTasksBlocked(),
        () => seen.push(loop.statistics().iterations),
      ),
    );
    for (const waiter of waiters) yield* waiter;
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(1);
  });

  inBothFlavours('can wait again after it has returned', function* (start, { log }) {
    const event = new Event();
    createTask(function* () {
      yield* event.wait();
      for (let i = 0; i < 10; i += 1) yield;
      log.push('woken');
    });
    const waiter = start(
      () => waitAllTasksBlocked(),
      () => log.push('first'),
      () => event.set(),
      () => waitAllTasksBlocked(),
      () => log.push('second'),
    );
    yield* waiter;
    expect(log).toEqual(['first', 'woken', 'second']);
  });

  inBothFlavours('can be cancelled, and leaves nothing behind', function* (start, { loop }) {
    createTask(function* () {
      yield* turns(50);
    });
    const waiter = start(() => waitAllTasksBlocked());
    yield* turns();
    expect(loop._instrument).not.toBeNull();
    waiter.cancel();
    yield* turns();
    expect([waiter.cancelled(), loop._instrument]).toEqual([true, null]);
  });

  inBothFlavours('does not advance virtual time, and waits only for what is due', function* (start, { loop, log }) {
    loop.callLater(0, () => log.push('due'));
    const late = loop.callLater(1, () => log.push('late'));
    const waiter = start(() => waitAllTasksBlocked());
    yield* waiter;
    expect([log, loop.time()]).toEqual([['due'], 0]);
    late.cancel();
  });

  it('returns at the right moment under every shuffle', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const loopFactory = () => virtualLoop({ shuffle: seed });
      const log = runSync(blockedTwice, { loopFactory });
      expect(log).toEqual(['busy', 'busy', 'busy', 'quiet']);
    }
  });

  it('counts reading a file through Node as activity', async () => {
    const log: string[] = [];
    await run(
      async () => {
        createTask(async () => {
          for (let i = 0; i < 5; i += 1) await readFile('/proc/self/status');
          await new Promise((resolve) => setImmediate(resolve));
          log.push('read');
          await sleep(1000);
        });
        await waitAllTasksBlocked();
        log.push('quiet');
      },
      { loopFactory: virtualLoop },
    );
    expect(log).toEqual(['read', 'quiet']);
  });
});

describe.each(everyLoop)('waitAllTasksBlocked, $name, in real time', ({ run: start }) => {
  it('notices that a descriptor is ready', async () => {
    const [left, right] = socketpair();
    right.setBlocking(false);
    const log = await start(function* () {
      const seen: string[] = [];
      createTask(function* () {
        for (;;) seen.push(String(yield* sockRecv(right, 1)));
      });
      createTask(sleep(60_000));
      yield* waitAllTasksBlocked();
      seen.push('blocked');
      left.sendAll(Buffer.from('abc'));
      yield* waitAllTasksBlocked();
      return seen;
    });
    left.close();
    right.close();
    expect(log).toEqual(['blocked', 'a', 'b', 'c']);
  });
});

function* blockedTwice(): Steps<string[]> {
  const log: string[] = [];
  const event = new Event();
  const busy = function* (): Steps<void> {
    yield* event.wait();
    for (let i = 0; i < 7; i += 1) yield;
    log.push('busy');
  };
  for (let i = 0; i < 3; i += 1) createTask(busy());
  yield* waitAllTasksBlocked();
  event.set();
  yield* waitAllTasksBlocked();
  log.push('quiet');
  return log;
}
