// Who makes the loop, who runs it and who closes it, with generators: the same names, and `runSync` where the loop owns the thread.
// Watch what is refused: a loop inside a loop, a closed loop, and an async function on a loop that owns the thread.
// And watch the worker that main leaves behind: it is cancelled and cleans up, before runSync() comes back.

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
  first.close(); // Runner.close() is a promise; what it does beyond this is to cancel tasks, and none is left
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
