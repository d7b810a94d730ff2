/**
 * Random programs: trees of task groups, timeouts, failures and sleeps, in either flavour and in both mixed, cancelled from outside
 * at a random moment. However they end, nothing is left and no cancellation is lost.
 */

import {
  CancelledError,
  type Steps,
  type TaskGroup,
  currentTask,
  getRunningLoop,
  moveOnAfter,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from 'selectloop';
import { shuffleHandles } from 'selectloop/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Bodies, type Variant, expectQuiet, outcomeOf, runCase } from '../tasks/both-flavours.js';

type Node =
  | { kind: 'sleep' | 'fail' | 'selfCancelledGroup'; ms: number }
  | { kind: 'hold'; ms: number; cleanUpMs: number }
  | { kind: 'attempt' | 'flavour'; child: Node }
  | { kind: 'sequence'; children: Node[] }
  | { kind: 'timeout' | 'moveOn' | 'waitFor'; ms: number; child: Node }
  | { kind: 'group'; body: Node; tasks: Node[]; cancelMs: number | null };

// Few distinct times, so that many events coincide.
const ms = fc.constantFrom(0, 1, 2, 3, 5, 8);

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'tree' },
    fc.record({ kind: fc.constantFrom('sleep' as const, 'fail' as const, 'selfCancelledGroup' as const), ms }),
    fc.record({ kind: fc.constant('hold' as const), ms, cleanUpMs: ms }),
    fc.record({ kind: fc.constantFrom('attempt' as const, 'flavour' as const), child: tie('node') }),
    fc.record({ kind: fc.constant('sequence' as const), children: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constantFrom('timeout' as const, 'moveOn' as const, 'waitFor' as const),
      ms,
      child: tie('node'),
    }),
    fc.record({
      kind: fc.constant('group' as const),
      body: tie('node'),
      tasks: fc.array(tie('node'), { maxLength: 3 }),
      cancelMs: fc.option(ms),
    }),
  ),
}));

/** Number of resources that a program holds; 0 at its end. */
interface World {
  held: number;
  /** Async bodies cannot run in a blocking loop. */
  mixes: boolean;
}

function startAll(
  group: TaskGroup,
  tasks: readonly Node[],
  cancelMs: number | null,
  start: (each: Node) => unknown,
): void {
  for (const each of tasks) group.createTask(() => start(each) as Promise<void>);
  if (cancelMs !== null) getRunningLoop().callLater(cancelMs, () => group.cancel());
}

/** The interpreter for generators. */
function* play(world: World, tree: Node): Steps<void> {
  const go = (each: Node): Steps<void> => play(world, each);
  switch (tree.kind) {
    case 'sleep':
      yield* sleep(tree.ms);
      return;
    case 'fail':
      yield* sleep(tree.ms);
      throw new RangeError('a failure');
    case 'hold':
      world.held += 1;
      try {
        yield* sleep(tree.ms);
      } finally {
        try {
          yield* sleep(tree.cleanUpMs);
        } finally {
          world.held -= 1;
        }
      }
      return;
    case 'selfCancelledGroup':
      yield* taskGroup(function* (group) {
        group.createTask(sleep(tree.ms));
        group.cancel();
      });
      return;
    case 'attempt':
      try {
        yield* go(tree.child);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
      }
      return;
    case 'sequence':
      for (const child of tree.children) yield* go(child);
      return;
    case 'timeout':
      yield* timeout(tree.ms, () => go(tree.child));
      return;
    case 'moveOn':
      yield* moveOnAfter(tree.ms, () => go(tree.child));
      return;
    case 'waitFor':
      yield* waitFor(go(tree.child), tree.ms);
      return;
    case 'group':
      yield* taskGroup(function* (group) {
        startAll(group, tree.tasks, tree.cancelMs, go);
        yield* go(tree.body);
      });
      return;
    case 'flavour':
      if (world.mixes) yield* timeout(null, async () => await playAsync(world, tree.child));
      else yield* go(tree.child);
  }
}

/** Its twin for async functions. */
async function playAsync(world: World, tree: Node): Promise<void> {
  const go = async (each: Node): Promise<void> => await playAsync(world, each);
  switch (tree.kind) {
    case 'sleep':
      await sleep(tree.ms);
      return;
    case 'fail':
      await sleep(tree.ms);
      throw new RangeError('a failure');
    case 'hold':
      world.held += 1;
      try {
        await sleep(tree.ms);
      } finally {
        try {
          await sleep(tree.cleanUpMs);
        } finally {
          world.held -= 1;
        }
      }
      return;
    case 'selfCancelledGroup':
      await taskGroup(async (group) => {
        group.createTask(sleep(tree.ms));
        group.cancel();
      });
      return;
    case 'attempt':
      try {
        await go(tree.child);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
      }
      return;
    case 'sequence':
      for (const child of tree.children) await go(child);
      return;
    case 'timeout':
      await timeout(tree.ms, async () => await go(tree.child));
      return;
    case 'moveOn':
      await moveOnAfter(tree.ms, async () => await go(tree.child));
      return;
    case 'waitFor':
      await waitFor(play(world, tree.child), tree.ms); // a separate task would swallow a cancellation that a scope passes on
      return;
    case 'group':
      await taskGroup(async (group) => {
        startAll(group, tree.tasks, tree.cancelMs, go);
        await go(tree.body);
      });
      return;
    case 'flavour':
      await timeout(null, function* () {
        yield* play(world, tree.child);
      });
      return;
  }
}

/** The tree and one wait after it, where a cancellation that gave way to an error of the tree must arrive. */
const program: Bodies<string, [World, Node]> = {
  *generator(_, world, tree) {
    try {
      yield* play(world, tree);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    const requests = currentTask()?.cancelling() ?? 0;
    yield* sleep(0);
    return `ended with ${requests} requests`;
  },
  async async(_, world, tree) {
    try {
      await playAsync(world, tree);
    } catch (error) {
      if (error instanceof CancelledError) throw error;
    }
    const requests = currentTask()?.cancelling() ?? 0;
    await sleep(0);
    return `ended with ${requests} requests`;
  },
};

const cases = [
  ['generator, blocking', false],
  ['generator, hosted', true],
  ['async', false],
] as const;

/** Runs random trees; returns how many of them were cancelled. */
async function check(
  variant: Variant,
  mixes: boolean,
  numRuns: number,
  shuffle: number | null = null,
): Promise<number> {
  let cancellations = 0;
  await fc.assert(
    fc.asyncProperty(node, fc.option(fc.nat({ max: 12 })), fc.nat({ max: 6 }), async (tree, cancelMs, extraTurns) => {
      await runCase(variant, program, function* (start, { loop }) {
        if (shuffle !== null) shuffleHandles(loop, shuffle);
        const world: World = { held: 0, mixes };
        const task = start(world, tree);
        let cancelled = false;
        if (cancelMs !== null) {
          yield* sleep(cancelMs);
          for (let i = 0; i < extraTurns; i += 1) yield;
          cancelled = task.cancel('outside');
        }
        const outcome = yield* outcomeOf(task);
        expect(task.cancelled()).toBe(cancelled);
        if (cancelled) cancellations += 1;
        else expect(outcome).toEqual({ value: 'ended with 0 requests' });
        expect(world.held).toBe(0);
        yield* sleep(20); // lets the groups' callLater timers expire
        expectQuiet(loop);
      });
    }),
    { numRuns },
  );
  return cancellations;
}

describe('random trees of groups, timeouts, failures and cancellations', () => {
  it.each(cases)('leave nothing behind and lose no cancellation: %s', async (variant, mixes) => {
    expect(await check(variant, mixes, 400)).toBeGreaterThan(20);
  });

  it.each(cases)('do so in whatever order the handles run: %s', async (variant, mixes) => {
    let cancellations = 0;
    for (let seed = 0; seed < 100; seed += 1) cancellations += await check(variant, mixes, 4, seed);
    expect(cancellations).toBeGreaterThan(20);
  });
});
