// Creating, running and closing a loop: by run(), by a Runner, which keeps one loop for several runs, and by hand.
// Watch what fails: running a loop inside a loop, using a closed loop, and an async function on a loop that occupies the thread.
// Also watch the worker that main leaves running: it is cancelled and cleans up before run() returns.

import { EventLoop, Runner, createTask, getRunningLoop, newEventLoop, run, sleep } from 'selectloop';

import { program } from '../support/program.js';
import { attempt } from './attempt.js';

export async function main(): Promise<void> {
  console.log('outside of a run');
  await attempt('getRunningLoop', () => getRunningLoop());

  console.log('run makes a loop, runs main and closes it');
  async function worker(): Promise<void> {
    try {
      await sleep(1_000_000);
    } finally {
      console.log('  the worker cleans up');
    }
  }
  const used = await run(async () => {
    const loop = getRunningLoop();
    createTask(worker);
    await sleep(1);
    console.log(`  running: ${loop.isRunning()}`);
    await attempt('a run inside of it', () => run(async () => 1));
    return loop;
  });
  console.log(`  running: ${used.isRunning()}, closed: ${used.isClosed()}`);
  await attempt('callSoon afterwards', () => used.callSoon(() => undefined));

  console.log('a Runner keeps its loop');
  const runner = new Runner();
  const first = await runner.run(async () => getRunningLoop());
  const second = await runner.run(async () => getRunningLoop());
  console.log(`  the same loop: ${first === second}, closed: ${first.isClosed()}`);
  await runner.close();
  console.log(`  closed: ${first.isClosed()}`);

  console.log('by hand');
  const loop = newEventLoop();
  loop.callLater(1, () => loop.stop());
  loop.callSoon(() => console.log('  a callback'));
  loop.runForever();
  await attempt('an async function on a loop that owns the thread', () => loop.runUntilComplete(async () => 1));
  loop.close();
  console.log(`  is an EventLoop: ${loop instanceof EventLoop}, closed: ${loop.isClosed()}`);
}

await program(import.meta, main);
