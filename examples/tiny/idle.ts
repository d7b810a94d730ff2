// Does a loop with only a sleep pending burn CPU? Measures iterations and CPU time on select, poll and epoll.
// Watch the three sleeps: four iterations each, however long they are. The second one spends the time asleep in the kernel.
// For comparison, the last line shows a task that yields in a loop and so never lets the loop sleep. --ms sets the duration.

import { parseArgs } from 'node:util';

import { EpollSelector, PollSelector, SelectSelector } from 'selectloop/selectors';

import { program } from '../support/program.js';
import { EventLoop, type Steps, getEventLoop, run, sleep } from './tiny.js';

class CountingLoop extends EventLoop {
  iterations = 0;

  override runOnce(): void {
    this.iterations += 1;
    super.runOnce();
  }
}

function* spin(delayMs: number): Steps<void> {
  const loop = getEventLoop();
  for (const endMs = loop.time() + delayMs; loop.time() < endMs;) yield;
}

/** Runs a coroutine on `loop`, and prints the iterations and the CPU time that it took. */
function measure(what: string, ms: number, loop: CountingLoop, main: () => Steps<void>): void {
  const before = process.cpuUsage();
  run(main, loop);
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  console.log(`${what}: ${loop.iterations} iterations, ${cpuMs.toFixed(1)} ms of CPU in ${ms} ms`);
}

function main(ms: number): void {
  run(() => spin(20)); // a warm-up, so that compilation is not measured
  run(() => sleep(1));
  measure('asleep on select', ms, new CountingLoop(new SelectSelector()), () => sleep(ms));
  measure('asleep on poll', ms, new CountingLoop(new PollSelector()), () => sleep(ms));
  measure('asleep on epoll', ms, new CountingLoop(new EpollSelector()), () => sleep(ms));
  measure('spinning on epoll', ms, new CountingLoop(new EpollSelector()), () => spin(ms));
}

await program(import.meta, (args) => {
  const { values } = parseArgs({ args, options: { ms: { type: 'string', default: '1000' } } });
  main(Number(values.ms));
});
