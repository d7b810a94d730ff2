/**
 * Micro benchmarks of selectloop, using the build in dist/, as users do.
 *
 * Cases with generator coroutines run on a blocking loop (with `--mode hosted`, on Node's loop), those with async functions on a hosted one.
 */

import { Future, Lock, Queue, createTask, gather, getRunningLoop, run, runSync, sleep } from 'selectloop';

import {
  CALLBACKS,
  DUE_DELAY_MS,
  DUE_TIMERS,
  FAR_DELAYS_MS,
  GATHERED,
  GATHERS,
  PAIRS,
  SPAWNS,
  TIMERS,
  TURNS,
  main,
  measureAwaited,
  measureSteps,
} from './scaffold.mjs';

const nothing = () => undefined;

function* finished(tasks) {
  for (const task of tasks) yield* task;
}

/** Creates 50 pairs of tasks. */
function tasksInPairs(makePair) {
  const tasks = [];
  for (let i = 0; i < PAIRS; i += 1) for (const steps of makePair()) tasks.push(createTask(steps));
  return tasks;
}

// --- Callbacks and timers ---------------------------------------------------------------------------------------------

function* chainOfCallbacks() {
  const loop = getRunningLoop();
  const done = new Future();
  let left = CALLBACKS;
  const next = () => {
    left -= 1;
    if (left > 0) loop.callSoon(next);
    else done.setResult();
  };
  loop.callSoon(next);
  yield* done;
}

function* batchOfCallbacks() {
  const loop = getRunningLoop();
  const done = new Future();
  for (let i = 1; i < CALLBACKS; i += 1) loop.callSoon(nothing);
  loop.callSoon(() => done.setResult());
  yield* done;
}

// A round that does not wait must be a generator function nevertheless.
// eslint-disable-next-line require-yield
function* insertTimers() {
  const loop = getRunningLoop();
  const timers = [];
  for (let i = 0; i < TIMERS; i += 1) timers.push(loop.callLater(FAR_DELAYS_MS[i], nothing));
  return timers;
}

// eslint-disable-next-line require-yield
function* insertAndCancelTimers() {
  const loop = getRunningLoop();
  for (let i = 0; i < TIMERS; i += 1) loop.callLater(FAR_DELAYS_MS[i], nothing).cancel();
}

function* fireTimers() {
  const loop = getRunningLoop();
  const done = new Future();
  let left = DUE_TIMERS;
  const fired = () => {
    left -= 1;
    if (left === 0) done.setResult();
  };
  for (let i = 0; i < DUE_TIMERS; i += 1) loop.callLater(DUE_DELAY_MS, fired);
  yield* done;
}

// --- Tasks --------------------------------------------------------------------------------------------------------------

// eslint-disable-next-line require-yield
function* atOnce() {
  return 1;
}

async function atOnceAsync() {
  return 1;
}

function* spawnTasks() {
  const tasks = [];
  for (let i = 0; i < SPAWNS; i += 1) tasks.push(createTask(atOnce()));
  yield* finished(tasks);
}

async function spawnTasksAsync() {
  const tasks = [];
  for (let i = 0; i < SPAWNS; i += 1) tasks.push(createTask(atOnceAsync));
  for (const task of tasks) await task;
}

function* givesTurns() {
  for (let i = 0; i < TURNS; i += 1) yield;
}

function* sleepsZero() {
  for (let i = 0; i < TURNS; i += 1) yield* sleep(0);
}

async function sleepsZeroAsync() {
  for (let i = 0; i < TURNS; i += 1) await sleep(0);
}

async function sleepZeroAsync() {
  const tasks = [];
  for (let i = 0; i < 2 * PAIRS; i += 1) tasks.push(createTask(sleepsZeroAsync));
  for (const task of tasks) await task;
}

/** Waits for its own future, and wakes the other task by setting the other's future. */
function* player(futures, side) {
  for (let i = 0; i < TURNS; i += 1) {
    yield* futures[side];
    futures[side] = new Future();
    futures[1 - side].setResult();
  }
}

function* playPingPong() {
  const tasks = tasksInPairs(() => {
    const futures = [new Future(), new Future()];
    futures[0].setResult();
    return [player(futures, 0), player(futures, 1)];
  });
  yield* finished(tasks);
}

function* gatherTasks() {
  for (let i = 0; i < GATHERS; i += 1) yield* gather(Array.from({ length: GATHERED }, atOnce));
}

// --- Hand-offs ----------------------------------------------------------------------------------------------------------

function* puts(queue) {
  for (let i = 0; i < TURNS; i += 1) yield* queue.put(i);
}

function* gets(queue) {
  for (let i = 0; i < TURNS; i += 1) yield* queue.get();
}

const handOver = (maxsize) =>
  function* () {
    const tasks = tasksInPairs(() => {
      const queue = new Queue(maxsize);
      return [gets(queue), puts(queue)];
    });
    yield* finished(tasks);
  };

function* locks(lock) {
  for (let i = 0; i < TURNS; i += 1) {
    yield* lock.acquire();
    yield; // otherwise the other task would never find it locked
    lock.release();
  }
}

function* contend() {
  const tasks = tasksInPairs(() => {
    const lock = new Lock();
    return [locks(lock), locks(lock)];
  });
  yield* finished(tasks);
}

const cases = {
  /** A callback that schedules the next one; each takes one iteration of the loop. */
  callSoon: { operations: CALLBACKS, round: chainOfCallbacks },
  /** A callback is scheduled, and runs in a batch with 9,999 others. */
  callSoonBatch: { operations: CALLBACKS, round: batchOfCallbacks },
  /** A timer far in the future is set. */
  timerInsert: {
    operations: TIMERS,
    round: insertTimers,
    cleanUp: (timers) => {
      for (const timer of timers) timer.cancel();
    },
  },
  /** A timer far in the future is set and immediately cancelled. */
  timerInsertCancel: { operations: TIMERS, round: insertAndCancelTimers },
  /** A timer is set and fires, in a batch with 49,999 others. */
  timerFire: { operations: DUE_TIMERS, round: fireTimers },
  /** A task that returns in its first step is created and awaited, in a batch with 999 others. */
  taskSpawn: { operations: SPAWNS, round: spawnTasks },
  /** The same with an async function. */
  taskSpawnAsync: { operations: SPAWNS, round: spawnTasksAsync },
  /** One of 100 tasks yields to the loop and is resumed, with the bare `yield` of a generator. */
  taskSwitch: {
    operations: 2 * PAIRS * TURNS,
    round: () => finished(tasksInPairs(() => [givesTurns(), givesTurns()])),
  },
  /** The same with `sleep(0)`. */
  sleep0: {
    operations: 2 * PAIRS * TURNS,
    round: () => finished(tasksInPairs(() => [sleepsZero(), sleepsZero()])),
  },
  /** The same with `sleep(0)` in async functions. */
  sleep0Async: { operations: 2 * PAIRS * TURNS, round: sleepZeroAsync },
  /** A future is created, awaited, and completed by the other task of a pair; 50 pairs. */
  taskSwitchFuture: { operations: 2 * PAIRS * TURNS, round: playPingPong },
  /** A gather of 100 tasks that return in their first step. */
  gather: { operations: GATHERS, round: gatherTasks },
  /** An item is put and taken by the two tasks of a pair; 50 pairs, each with an unbounded queue, so that `put` never waits. */
  queueHandOff: { operations: PAIRS * TURNS, round: handOver(0) },
  /** The same with queues of size 1, so that one of the two tasks waits for each item. */
  queueHandOff1: { operations: PAIRS * TURNS, round: handOver(1) },
  /** A lock is acquired from the other task of a pair, held for one iteration, and released; 50 pairs. */
  lockHandOff: { operations: 2 * PAIRS * TURNS, round: contend },
};

const isAsync = ({ round }) => round.constructor.name === 'AsyncFunction';

function measure(benchmark, seconds, { mode }) {
  if (isAsync(benchmark)) return run(() => measureAwaited(benchmark, seconds));
  const measuring = () => measureSteps(benchmark, seconds);
  return mode === 'hosted' ? run(measuring) : runSync(measuring);
}

await main('micro/selectloop', cases, measure, { mode: ['blocking', 'hosted'] });
