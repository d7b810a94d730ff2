// A coroutine yields a number of milliseconds, and the scheduler resumes it that much later. It waits once for each wake-up.
// Watch the times: three intervals (210, 390 and 90 ms) in one thread. With --virtual they are exact; otherwise a few ms late.
// The scheduler does not poll the clock. It knows which sleeper is due next and sleeps until then, as an event loop does.

import { parseArgs } from 'node:util';

import { program } from '../support/program.js';

type Sleeper = Generator<number, void, void>;

/** A clock, and a way to wait. */
export interface Time {
  now(): number;
  wait(delayMs: number): void;
}

/** Real time: the thread sleeps in the kernel. */
const realTime: Time = {
  now: () => performance.now(),
  wait: (delayMs) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs),
};

/** Virtual time: waiting only advances the clock. */
export class VirtualTime implements Time {
  private nowMs = 0;
  waits = 0;

  now(): number {
    return this.nowMs;
  }

  wait(delayMs: number): void {
    this.nowMs += delayMs;
    this.waits += 1;
  }
}

/** Runs the sleepers until all have returned. Sleepers with equal due times run in the order in which they went to sleep. */
export function runSleepers(sleepers: Iterable<Sleeper>, time: Time): void {
  const due = Array.from(sleepers, (sleeper) => ({ sleeper, whenMs: time.now() }));
  for (let first; (first = due.shift()) !== undefined;) {
    while (first.whenMs > time.now()) time.wait(first.whenMs - time.now());
    const { done, value } = first.sleeper.next();
    if (done === true) continue;
    const whenMs = time.now() + value;
    const index = due.findIndex((other) => other.whenMs > whenMs);
    due.splice(index === -1 ? due.length : index, 0, { sleeper: first.sleeper, whenMs });
  }
}

function* sleeper(id: number, delayMs: number, rounds: number, wake: (id: number) => void): Sleeper {
  for (let round = 0; round < rounds; round += 1) {
    yield delayMs;
    wake(id);
  }
}

export function main(time: Time = realTime, scale = 1): string[] {
  const wakes: string[] = [];
  const startMs = time.now();
  const wake = (id: number): void => void wakes.push(`${id}@${Math.round(time.now() - startMs)}`);
  const sleepers = [
    sleeper(1, 210 * scale, 5, wake),
    sleeper(2, 390 * scale, 5, wake),
    sleeper(3, 90 * scale, 5, wake),
  ];
  runSleepers(sleepers, time);
  console.log(wakes.join(' '));
  return wakes;
}

await program(import.meta, (args) => {
  const { values } = parseArgs({ args, options: { virtual: { type: 'boolean' }, scale: { type: 'string' } } });
  main(values.virtual === true ? new VirtualTime() : realTime, Number(values.scale ?? 1));
});
