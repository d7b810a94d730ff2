/**
 * Runs one test for both flavours of coroutine.
 *
 * A case has two bodies, a generator and an async function that do the same, and one driver. The driver starts a body as a task, acts on it
 * and checks the outcome. It is a generator coroutine, so it can let the loop run one iteration at a time. The generator body runs in a
 * blocking and in a hosted loop, the async body in a hosted loop. All loops run in virtual time.
 */

import { setImmediate as nextTurnOfNode } from 'node:timers/promises';

import type { Task } from 'selectloop';
import { type EventLoop, type ExceptionContext, Runner, type Steps, createTask } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';

/** Passed to the bodies and to the driver of a case. */
export interface Scene {
  readonly loop: EventLoop;
  /** Entries logged by the bodies and callbacks of the case. */
  readonly log: unknown[];
  /** What the exception handler received. It must be empty at the end, so a case that expects an error removes it. */
  readonly errors: ExceptionContext[];
}

/** The code under test in both flavours. */
export interface Bodies<T, A extends unknown[]> {
  generator: (scene: Scene, ...args: A) => Steps<T>;
  async: (scene: Scene, ...args: A) => Promise<T>;
}

/** Starts the body as a task. */
export type Start<T, A extends unknown[]> = (...args: A) => Task<T>;

/** The test itself: starts the task, acts on it and checks the outcome. */
export type Driver<T, A extends unknown[]> = (start: Start<T, A>, scene: Scene) => Steps<void>;

/** The flavour of the body, and for a generator also how the loop runs. */
export const variants = ['generator, blocking', 'generator, hosted', 'async'] as const;
export type Variant = (typeof variants)[number];

/** Runs one variant of a case on a new loop. */
export async function runCase<T, A extends unknown[]>(
  variant: Variant,
  bodies: Bodies<T, A>,
  driver: Driver<T, A>,
): Promise<Scene> {
  const loop = virtualLoop();
  const scene: Scene = { loop, log: [], errors: collectErrors(loop) };
  const start: Start<T, A> = (...args) =>
    createTask<T>(variant === 'async' ? () => bodies.async(scene, ...args) : bodies.generator(scene, ...args));
  const runner = new Runner({ loopFactory: () => loop });
  const main = (): Steps<void> => driver(start, scene);
  try {
    if (variant === 'generator, blocking') runner.runSync(main);
    else await runner.run(main);
  } finally {
    await runner.close();
  }
  expect(scene.errors).toEqual([]);
  return scene;
}

/** Declares a case in its three variants. */
export function inBothFlavours<T, A extends unknown[]>(name: string, bodies: Bodies<T, A>, driver: Driver<T, A>): void {
  describe(name, () => {
    it.each(variants)('%s', async (variant) => {
      await runCase(variant, bodies, driver);
    });
  });
}

/** Lets the loop run `n` iterations. After three, a new task of either flavour is parked at its first wait. */
export function* turns(n = 3): Steps<void> {
  for (let i = 0; i < n; i += 1) yield;
}

/** How a wait ended. */
export type Outcome<T> = { value: T } | { error: unknown };

/** Waits for a task, and returns its outcome instead of throwing its error. */
export function* outcomeOf<T>(task: Task<T>): Steps<Outcome<T>> {
  try {
    return { value: yield* task };
  } catch (error) {
    return { error };
  }
}

/** Checks that only the calling task is left: no descriptor, no timer, no other task. */
export function expectQuiet(loop: EventLoop): void {
  const { readers, writers, scheduled, tasks } = loop.statistics();
  expect({ readers, writers, scheduled, tasks }).toEqual({ readers: 0, writers: 0, scheduled: 0, tasks: 1 });
}

/** Collects garbage, and lets Node's loop run, which calls the finalizers. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await nextTurnOfNode();
  }
}

/** Matches the outcome of a task that was cancelled with the given message. */
export function cancelledWith(message = ''): unknown {
  return { error: expect.objectContaining({ name: 'CancelledError', message }) as unknown };
}
