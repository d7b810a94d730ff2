/**
 * Several processes that share one port: the kernel distributes the connections among the sockets bound to it with SO_REUSEPORT.
 *
 * The stdin of a worker is the reading end of a pipe, and the worker stops at EOF. So it needs no signal to stop, and it cannot outlive
 * its parent, however that ends. Ctrl-C in a terminal also signals the workers, which ignore it and leave the shutdown to the parent.
 */

import { constants } from 'node:os';

import { sleep, taskGroup, waitFor } from '../combinators/index.js';
import { OSError, TimeoutError } from '../errors/index.js';
import { getRunningLoop } from '../event-loop/index.js';
import { type Process, createSubprocess } from '../subprocess/index.js';
import type { Steps } from '../tasks/index.js';

/** A worker that ran for this long did not crash at start-up, so the pauses begin again with the shortest. */
const STEADY_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that has not stopped after this time is killed. */
const PATIENCE_MS = 3000;

/** The line that a worker prints once it accepts connections. */
export const WORKER_READY = 'listening\n';

/** Keeps `count` workers running until cancelled; then stops all of them. Calls `onReady` once, when all of them are listening. */
export function* keepWorkers(count: number, args: readonly string[], onReady: () => void): Steps<never> {
  let missing = count;
  const onListening = (): void => {
    missing -= 1;
    if (missing === 0) onReady();
  };
  return yield* taskGroup(function* (group) {
    for (let number = 1; number <= count; number += 1) {
      group.createTask(keepWorker(number, args, onListening), { name: `worker ${number}` });
    }
    return yield* getRunningLoop().createFuture<never>();
  });
}

function* keepWorker(number: number, args: readonly string[], onListening: () => void): Steps<never> {
  const loop = getRunningLoop();
  let announced = false;
  const onReady = (): void => {
    if (!announced) onListening();
    announced = true;
  };
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const startedMs = loop.time();
    const ending = yield* runWorker(args, onReady);
    if (loop.time() - startedMs >= STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    process.stderr.write(`selectloop: worker ${number} ${ending}; restarting it in ${pauseMs / 1000} s\n`);
    yield* sleep(pauseMs);
  }
}

/** Runs one worker to its end, and returns a description of how it ended. If cancelled, stops the worker. */
function* runWorker(args: readonly string[], onReady: () => void): Steps<string> {
  let worker;
  try {
    const program = [...process.execArgv, process.argv[1]!, ...args];
    worker = yield* createSubprocess(process.execPath, program, { stdin: 'pipe', stdout: 'pipe' });
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
    return `could not be started (${error.message})`;
  }
  try {
    const line = yield* worker.stdout!.readline();
    if (line.toString() === WORKER_READY) onReady();
    return `(pid ${worker.pid}) ${endingOf(yield* worker.wait())}`;
  } finally {
    yield* stop(worker);
  }
}

function* stop(worker: Process): Steps<void> {
  worker.stdin!.close();
  try {
    yield* waitFor(worker.wait(), PATIENCE_MS);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    worker.kill();
    yield* worker.wait();
  }
}

/** @param returncode the exit code, or the negative number of the signal */
function endingOf(returncode: number): string {
  if (returncode >= 0) return `exited with code ${returncode}`;
  const [name = `signal ${-returncode}`] =
    Object.entries(constants.signals).find(([, value]) => value === -returncode) ?? [];
  return `was killed by ${name}`;
}
