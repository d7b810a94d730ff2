/**
 * Several processes that share one port: the kernel spreads the connections over the sockets that are bound to it with SO_REUSEPORT.
 *
 * A worker holds the reading end of a pipe as its stdin, and stops when that ends. So no signal is needed to stop it, and no worker
 * outlives its parent, however that ends. Ctrl-C in a terminal goes to the workers too; they leave it to the parent.
 */

import { constants } from 'node:os';

import { sleep, taskGroup, waitFor } from '../combinators/index.js';
import { OSError, TimeoutError } from '../errors/index.js';
import { getRunningLoop } from '../event-loop/index.js';
import { type Process, createSubprocess } from '../subprocess/index.js';
import type { Steps } from '../tasks/index.js';

/** A worker that lives so long has not crashed at once: the next pause is the first again. */
const STEADY_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that has not stopped by then is killed. */
const PATIENCE_MS = 3000;

/** What a worker prints when it accepts connections. */
export const WORKER_READY = 'listening\n';

/** Keeps `count` workers running until it is cancelled; then stops them all. `onReady` is called once, when all of them listen. */
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
    process.stderr.write(`selectloop: worker ${number} ${ending}; starting it again in ${pauseMs / 1000} s\n`);
    yield* sleep(pauseMs);
  }
}

/** Runs one worker to its end, and tells how it ended. Cancelled, it stops the worker. */
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

/** @param returncode the exit code, or the number of the signal, negated */
function endingOf(returncode: number): string {
  if (returncode >= 0) return `ended with the code ${returncode}`;
  const [name = `signal ${-returncode}`] =
    Object.entries(constants.signals).find(([, value]) => value === -returncode) ?? [];
  return `was ended by ${name}`;
}
