/**
 * A small program is cancelled before its first step, after it, after the second, and so on until the cancellation comes too
 * late. At every moment it ends exactly once, releases its resources, and leaves nothing in the loop.
 */

import {
  Future,
  type Socket,
  type Steps,
  coroutine,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  sleep,
  sockRecv,
  sockSendAll,
  socketpair,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { type Bodies, type Scene, expectQuiet, outcomeOf, runCase, variants } from './both-flavours.js';

/** Number of resources that the program holds; 0 when all are released. */
interface World {
  held: number;
  ended: number;
  sockets: readonly [Socket, Socket];
}

const holdingSleep = coroutine(function* (world: World): Steps<void> {
  world.held += 1;
  try {
    yield* sleep(0);
    yield* sleep(5);
  } finally {
    try {
      yield* sleep(1); // clean-up that waits, and may itself be cancelled
    } finally {
      world.held -= 1;
    }
  }
});

function* exchange({ sockets: [here, there] }: World): Steps<string> {
  const received = createTask(sockRecv(here, 10));
  try {
    yield* sockSendAll(there, Buffer.from('ping'));
    return (yield* received).toString();
  } finally {
    received.cancel();
  }
}
const exchanged = coroutine(exchange);

const program: Bodies<string, [World]> = {
  *generator(_: Scene, world: World) {
    world.held += 1;
    try {
      yield* holdingSleep(world);
      const results = yield* gather([holdingSleep(world), sleep(3, 'three'), exchanged(world)]);
      const future = new Future<string>();
      getRunningLoop().callLater(2, () => {
        if (!future.done()) future.setResult(results[1] + results[2]);
      });
      return yield* future;
    } finally {
      world.held -= 1;
      world.ended += 1;
    }
  },
  async async(_: Scene, world: World) {
    world.held += 1;
    try {
      await holdingSleep(world);
      const results = await Promise.all([holdingSleep(world), sleep(3, 'three'), exchanged(world)]);
      const future = new Future<string>();
      getRunningLoop().callLater(2, () => {
        if (!future.done()) future.setResult(results[1] + results[2]);
      });
      return await future;
    } finally {
      world.held -= 1;
      world.ended += 1;
    }
  },
};

/** Cancels the program after `step` iterations; true if it had ended before. */
function* cancelAt(step: number, start: (world: World) => ReturnType<typeof createTask<string>>): Steps<boolean> {
  const sockets = socketpair();
  for (const socket of sockets) socket.setBlocking(false);
  const world: World = { held: 0, ended: 0, sockets };
  try {
    const loop = getRunningLoop();
    const task = start(world);
    for (let turn = 1; turn <= step; turn += 1) {
      // Virtual time stands still while anything is ready: every fourth step lets it pass.
      if (turn % 4 === 0) yield* sleep(0.5);
      else yield;
    }
    const tooLate = task.done();
    expect(task.cancel(`at ${step}`)).toBe(!tooLate);
    const outcome = yield* outcomeOf(task);
    if (tooLate) expect(outcome).toEqual({ value: 'threeping' });
    else expect(outcome).toMatchObject({ error: { name: 'CancelledError', message: `at ${step}` } });
    expect(task.cancelled()).toBe(!tooLate);
    // Promise.all, unlike gather, does not wait for its losers: they clean up as separate tasks.
    yield* sleep(100); // also lets the timer of the callLater expire
    expectQuiet(loop);
    expect(world, `cancelled at step ${step}`).toMatchObject({ held: 0, ended: step === 0 ? 0 : 1 });
    expect(currentTask()?.cancelling()).toBe(0);
    return tooLate;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

describe('a program that is cancelled at every step', () => {
  it.each(variants)('ends once and leaves nothing behind: %s', async (variant) => {
    await runCase(variant, program, function* (start) {
      let step = 0;
      while (step < 500 && !(yield* cancelAt(step, start))) step += 1;
      expect(step).toBeGreaterThan(50); // otherwise something other than the program was cancelled
      expect(step).toBeLessThan(500);
    });
  });
});
