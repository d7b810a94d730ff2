/**
 * The cases of selectloop.mjs in plain Node: immediates, timers, promises. Node has no queues and locks for async functions, so those cases
 * are missing.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';

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
} from './scaffold.mjs';

const nothing = () => undefined;

async function atOnce() {
  return 1;
}

async function inPairs(makePair) {
  const running = [];
  for (let i = 0; i < PAIRS; i += 1) running.push(...makePair());
  for (const promise of running) await promise;
}

// --- Callbacks and timers ---------------------------------------------------------------------------------------------

function chainOfImmediates() {
  return new Promise((resolve) => {
    let left = CALLBACKS;
    const next = () => {
      left -= 1;
      if (left > 0) setImmediate(next);
      else resolve();
    };
    setImmediate(next);
  });
}

function batchOfImmediates() {
  return new Promise((resolve) => {
    for (let i = 1; i < CALLBACKS; i += 1) setImmediate(nothing);
    setImmediate(resolve);
  });
}

function insertTimers() {
  const timers = [];
  for (let i = 0; i < TIMERS; i += 1) timers.push(setTimeout(nothing, FAR_DELAYS_MS[i]));
  return timers;
}

function insertAndClearTimers() {
  for (let i = 0; i < TIMERS; i += 1) clearTimeout(setTimeout(nothing, FAR_DELAYS_MS[i]));
}

function fireTimers() {
  return new Promise((resolve) => {
    let left = DUE_TIMERS;
    const fired = () => {
      left -= 1;
      if (left === 0) resolve();
    };
    for (let i = 0; i < DUE_TIMERS; i += 1) setTimeout(fired, DUE_DELAY_MS);
  });
}

// --- Async functions ----------------------------------------------------------------------------------------------------

async function callAsyncFunctions() {
  const running = [];
  for (let i = 0; i < SPAWNS; i += 1) running.push(atOnce());
  for (const promise of running) await promise;
}

async function awaitsNothing() {
  for (let i = 0; i < TURNS; i += 1) await undefined;
}

async function awaitsImmediates() {
  for (let i = 0; i < TURNS; i += 1) await nextTurn();
}

/** Returns a promise and the function that settles it. */
function makeSignal() {
  const signal = {};
  signal.promise = new Promise((resolve) => {
    signal.resolve = resolve;
  });
  return signal;
}

async function player(signals, side) {
  for (let i = 0; i < TURNS; i += 1) {
    await signals[side].promise;
    signals[side] = makeSignal();
    signals[1 - side].resolve();
  }
}

function playPingPong() {
  return inPairs(() => {
    const signals = [makeSignal(), makeSignal()];
    signals[0].resolve();
    return [player(signals, 0), player(signals, 1)];
  });
}

async function awaitAll() {
  for (let i = 0; i < GATHERS; i += 1) await Promise.all(Array.from({ length: GATHERED }, atOnce));
}

/** An async function is not a task: it starts within the call and cannot be cancelled. It is what a program in Node would use. */
const spawn = { operations: SPAWNS, round: callAsyncFunctions };

const cases = {
  /** An immediate that sets the next one; each takes one iteration of Node's loop. */
  callSoon: { operations: CALLBACKS, round: chainOfImmediates },
  /** An immediate is set, and runs in a batch with 9,999 others. */
  callSoonBatch: { operations: CALLBACKS, round: batchOfImmediates },
  /** A timeout far in the future is set. */
  timerInsert: { operations: TIMERS, round: insertTimers, cleanUp: (timers) => timers.forEach(clearTimeout) },
  /** A timeout far in the future is set and immediately cleared. */
  timerInsertCancel: { operations: TIMERS, round: insertAndClearTimers },
  /** A timeout is set and fires, in a batch with 49,999 others. */
  timerFire: { operations: DUE_TIMERS, round: fireTimers },
  /** An async function that returns immediately is called and awaited, in a batch with 999 others. */
  taskSpawn: spawn,
  taskSpawnAsync: spawn,
  /** One of 100 async functions yields to the 99 remaining ones by a microtask: the loop does not iterate, and timers and descriptors starve. */
  taskSwitch: {
    operations: 2 * PAIRS * TURNS,
    round: () => inPairs(() => [awaitsNothing(), awaitsNothing()]),
  },
  /** One of 100 async functions waits for an iteration of the loop. */
  sleep0Async: {
    operations: 2 * PAIRS * TURNS,
    round: () => inPairs(() => [awaitsImmediates(), awaitsImmediates()]),
  },
  /** A promise is created, awaited, and settled by the other async function of a pair, by microtasks; 50 pairs. */
  taskSwitchFuture: { operations: 2 * PAIRS * TURNS, round: playPingPong },
  /** A Promise.all of 100 calls of an async function that returns immediately. */
  gather: { operations: GATHERS, round: awaitAll },
};

await main('micro/node', cases, measureAwaited);
