/**
 * Cancels each combinator before its first step, after it, after the second, and so on until it ends before the cancellation.
 * At every moment: the cancellation is not lost, everything the combinator owns is released, and what it only waits for
 * keeps running.
 */

import { type Steps, type Task, getRunningLoop, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { expectQuiet, outcomeOf, runCase, variants } from '../tasks/both-flavours.js';
import { type Program, World, programs } from './every-step-programs.js';

/** Cancels the program after `step` iterations; true if it had ended before. */
function* cancelAt(step: number, { result, leaves }: Program, start: (world: World) => Task): Steps<boolean> {
  const loop = getRunningLoop();
  const world = new World();
  const task = start(world);
  for (let turn = 1; turn <= step; turn += 1) {
    // Virtual time stands still while anything is ready: every fourth step lets it pass.
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
  yield* sleep(10); // lets abandoned tasks clean up and a callLater expire
  expect(world.held).toBe(0);
  expectQuiet(loop);
  return tooLate;
}

describe.each(Object.entries(programs))('cancelled at every step: %s', (_, program) => {
  it.each(variants)('%s', async (variant) => {
    await runCase(variant, program.bodies, function* (start) {
      let step = 0;
      while (step < 300 && !(yield* cancelAt(step, program, start))) step += 1;
      expect(step).toBeGreaterThan(8); // otherwise something other than the program was cancelled
      expect(step).toBeLessThan(300);
    });
  });
});
