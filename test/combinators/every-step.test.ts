/**
 * Each combinator, cancelled before its first step, after it, after the second ... until it has ended before. Whatever the moment:
 * the cancellation is not lost, nothing of what it was responsible for is left, and what it was not responsible for goes on.
 */

import { type Steps, type Task, getRunningLoop, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { expectQuiet, outcomeOf, runCase, variants } from '../tasks/both-flavours.js';
import { type Program, World, programs } from './every-step-programs.js';

/** Cancels the program after `step` turns; true if it had ended before. */
function* cancelAt(step: number, { result, leaves }: Program, start: (world: World) => Task): Steps<boolean> {
  const loop = getRunningLoop();
  const world = new World();
  const task = start(world);
  for (let turn = 1; turn <= step; turn += 1) {
    // Time stands still while there is something to run: every fourth step lets it pass.
    if (turn % 4 === 0) yield* sleep(0.5);
    else yield;
  }
  const tooLate = task.done();
  expect(task.cancel(`at ${step}`)).toBe(!tooLate);
  const outcome = yield* outcomeOf(task);
  if (tooLate) expect(outcome).toEqual({ value: result });
  else expect(outcome, `cancelled at step ${step}`).toMatchObject({ error: { name: 'CancelledError' } });
  expect(task.cancelled()).toBe(!tooLate);
  if (leaves !== true && !world.outsider.done()) expect(world.callbacks).toBe(0);
  expect(world.outsider.cancelling()).toBe(0);
  expect(yield* world.outsider).toBe('outsider');
  yield* sleep(10); // what only ran beside it cleans up; a callLater passes
  expect(world.held).toBe(0);
  expectQuiet(loop);
  return tooLate;
}

describe.each(Object.entries(programs))('cancelled at every step: %s', (_, program) => {
  it.each(variants)('%s', async (variant) => {
    await runCase(variant, program.bodies, function* (start) {
      let step = 0;
      while (step < 300 && !(yield* cancelAt(step, program, start))) step += 1;
      expect(step).toBeGreaterThan(8); // or it was not the program that was cancelled
      expect(step).toBeLessThan(300);
    });
  });
});
