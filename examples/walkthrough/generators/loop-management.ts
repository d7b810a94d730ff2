// Creating, running and closing a loop, with generators: the same functions, with `runSync` instead of `run`.
// Watch what fails: running a loop inside a loop, using a closed loop, and an async function on a loop that occupies the thread.
// Also watch the worker that main leaves running: it is cancelled and cleans up before runSync() returns.

import { EventLoop, Runner, type Steps, createTask, getRunningLoop, newEventLoop, runSync, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { attemptSync } from '../attempt.js';

export function main(): void {
  console.log('outside of a run');
  attemptSync('getRunningLoop', () => getRunningLoop());

  console.log('run makes a loop, runs main and closes it');
  function* worker(): Steps<void> {
    try {
      yield* sleep(1_000_000);
    } finally {
      console.log('  the worker cleans up');
    }
  }
  const used = runSync(function* () {
    const loop = getRunningLoop();
    createTask(worker());
    yield* sleep(1);
    console.log(`  running: ${loop.isRunning()}`);
    attemptSync('a run inside of it', () => runSync(worker));
    return loop;
  });
  console.log(`  running: ${used.isRunning()}, closed: ${used.isClosed()}`);
  attemptSync('callSoon afterwards', () => used.callSoon(() => undefined));

  console.log('a Runner keeps its loop');
  function* which(): Steps<EventLoop> {
    return getRunningLoop();
  }
  const runner = new Runner();
  const first = runner.runSync(which);
  const second = runner.runSync(which);
  console.log(`  the same loop: ${first === second}, closed: ${first.isClosed()}`);
  first.close(); // Runner.close() returns a promise. It would also cancel tasks, but none is left.
  console.log(`  closed: ${first.isClosed()}`);

  console.log('by hand');
  const loop = newEventLoop();
  loop.callLater(1, () => loop.stop());
  loop.callSoon(() => console.log('  a callback'));
  loop.runForever();
  attemptSync('an async function on a loop that owns the thread', () => loop.runUntilComplete(async () => 1));
  loop.close();
  console.log(`  is an EventLoop: ${loop instanceof EventLoop}, closed: ${loop.isClosed()}`);
}

await program(import.meta, main);
