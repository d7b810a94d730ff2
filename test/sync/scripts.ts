/**
 * Tasks as lists of steps, so that one text tests both flavours.
 *
 *     inBothFlavours('wakes its waiters in order', function* (start, { log }) {
 *       const lock = new Lock();
 *       start(() => lock.acquire(), () => log.push('first'));
 *       yield* turns();
 *     });
 *
 * Each step is a function; what it returns is awaited, with `yield*` by a generator task and with `await` by an async one.
 */

import { Coroutine, Future, type Steps, type Task } from 'selectloop';
import { describe, it } from 'vitest';

import { type Bodies, type Scene, runCase, variants } from '../tasks/both-flavours.js';

export type Step = () => unknown;

const script: Bodies<unknown, [readonly Step[]]> = {
  *generator(_: Scene, steps: readonly Step[]): Steps<unknown> {
    let last: unknown;
    for (const step of steps) {
      const value = step();
      last = value instanceof Coroutine || value instanceof Future ? yield* value as Future : value;
    }
    return last;
  },
  async async(_: Scene, steps: readonly Step[]): Promise<unknown> {
    let last: unknown;
    for (const step of steps) {
      const value = step();
      // Without a wait there is no `await`: it would yield, which the generator does not.
      last = value instanceof Coroutine || value instanceof Future ? await (value as Future) : value;
    }
    return last;
  },
};

/** Starts a task that goes through the steps; its result is that of the last one. */
export type StartScript = (...steps: Step[]) => Task;

/** Declares a case: blocking and hosted with generator tasks, hosted with async tasks. */
export function inBothFlavours(name: string, driver: (start: StartScript, scene: Scene) => Steps<void>): void {
  describe(name, () => {
    it.each(variants)('%s', async (variant) => {
      await runCase(variant, script, (start, scene) => driver((...steps) => start(steps), scene));
    });
  });
}
