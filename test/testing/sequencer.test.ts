/** Steps of several tasks, run in the order of their numbers. */

import { CancelledError, type EventLoop, type Steps, createTask, gather, run } from 'selectloop';
import { Sequencer, virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { inBothFlavours } from '../sync/scripts.js';
import { expectQuiet, outcomeOf, turns } from '../tasks/both-flavours.js';

const unreachable = (message: string): unknown => ({
  error: expect.objectContaining({ name: 'InvalidStateError', message }) as unknown,
});

describe('Sequencer', () => {
  inBothFlavours('runs the steps in order, whichever task comes first', function* (start, { log, loop }) {
    const sequencer = new Sequencer();
    const tasks = [
      [5, 6],
      [1, 4],
      [0, 2, 3],
    ].map((steps) => start(...steps.flatMap((n) => [() => sequencer.step(n), () => log.push(n)])));
    for (const task of tasks) yield* task;
    expect(log).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expectQuiet(loop);
  });

  it('runs the steps in order for tasks of both flavours, under every shuffle', async () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const loopFactory = (): EventLoop => virtualLoop({ shuffle: seed });
      expect(await run(mixed, { loopFactory })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  inBothFlavours('refuses a step that was used before', function* (start) {
    const sequencer = new Sequencer();
    const used = unreachable('step 0 is already used: each step belongs to one task');
    yield* start(() => sequencer.step(0));
    expect(yield* outcomeOf(start(() => sequencer.step(0)))).toEqual(used);
    const first = start(() => sequencer.step(2));
    yield* turns();
    expect(yield* outcomeOf(start(() => sequencer.step(2)))).toEqual(
      unreachable('step 2 is already used: each step belongs to one task'),
    );
    yield* start(() => sequencer.step(1));
    yield* first;
  });

  inBothFlavours('fails the later steps when a task is cancelled before its step', function* (start, { loop }) {
    const sequencer = new Sequencer();
    const [early, cancelled, late] = [1, 2, 3].map((n) => start(() => sequencer.step(n)));
    cancelled!.setName('the second');
    yield* turns();
    expect(String(sequencer)).toBe('<Sequencer at 0, waiting: 1, 2, 3>');
    cancelled!.cancel();
    const message = (n: number): string =>
      `step ${n} will never come: 'the second' was cancelled while it waited for step 2`;
    expect(yield* outcomeOf(late!)).toEqual(unreachable(message(3)));
    expect((yield* outcomeOf(cancelled!)) as { error: unknown }).toEqual({
      error: expect.any(CancelledError) as unknown,
    });
    expect(yield* outcomeOf(start(() => sequencer.step(4)))).toEqual(unreachable(message(4)));
    // Earlier steps are not affected.
    yield* start(() => sequencer.step(0));
    yield* early!;
    expectQuiet(loop);
  });

  inBothFlavours('handles a cancellation in the iteration of the step', function* (start) {
    const sequencer = new Sequencer();
    const second = start(() => sequencer.step(1));
    yield* turns();
    yield* start(() => sequencer.step(0));
    while (String(sequencer).includes('at 0')) yield;
    second.cancel();
    yield* turns();
    expect(second.cancelled()).toBe(true);
    expect(yield* outcomeOf(start(() => sequencer.step(2)))).toMatchObject({ error: { code: 'ERR_INVALID_STATE' } });
  });

  it('rejects a step that is not an integer of at least 0', () => {
    const sequencer = new Sequencer();
    for (const n of [-1, 0.5, NaN, Infinity]) expect(() => sequencer.step(n)).toThrow(RangeError);
    expect(() => sequencer.step('0' as never)).toThrow(TypeError);
  });

  it('is bound to the loop of its first wait', async () => {
    const sequencer = new Sequencer();
    const first = function* (): Steps<void> {
      const second = createTask(sequencer.step(1));
      yield* turns();
      yield* sequencer.step(0);
      yield* second;
    };
    await run(first, { loopFactory: virtualLoop });
    const elsewhere = run(() => sequencer.step(3), { loopFactory: virtualLoop });
    await expect(elsewhere).rejects.toThrow('<Sequencer at 2> is bound to a different event loop');
  });
});

function* mixed(): Steps<number[]> {
  const sequencer = new Sequencer();
  const log: number[] = [];
  const deep = async (n: number): Promise<void> => {
    await (async () => {
      await sequencer.step(n);
    })();
  };
  const tasks = Array.from({ length: 10 }, (_, n) => {
    if (n % 3 === 0) {
      return createTask(function* () {
        yield* sequencer.step(n);
        log.push(n);
      });
    }
    return createTask(async () => {
      await (n % 3 === 1 ? sequencer.step(n) : deep(n));
      log.push(n);
    });
  });
  yield* gather(tasks);
  return log;
}
