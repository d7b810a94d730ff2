/** One of the workers of a port: started, restarted when it ends, and replaced without a pause. */

import { sleep, wait } from '../combinators/index.js';
import { OSError, isInstance } from '../errors/index.js';
import type { TimedHandle } from '../loop/handle.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { ListenFd } from '../systemd/index.js';
import type { Steps } from '../tasks/index.js';
import type { Port } from './shared-port.js';
import { Worker, type WorkerProgram, endingOf } from './worker.js';

/** A worker that ran for this long did not crash at start-up, so the pauses begin again with the shortest. */
const STEADY_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** What the workers of one port have in common. */
export interface Crew {
  readonly loop: LoopCore;
  readonly program: WorkerProgram;
  readonly port: Port;
  /** The time that a new worker has until it serves, when it is to replace another. */
  readonly readyTimeoutMs: number | null;
  /** Every worker that runs, also those that are being replaced. */
  readonly running: Set<Worker>;
  /** Stops a worker that has been replaced, in the background. */
  retire(worker: Worker): void;
  /** Called when a worker of the slot serves. */
  onReady(slot: Slot): void;
}

/** The place of one worker. */
export class Slot {
  private passed: readonly ListenFd[] = [];
  private current: Worker | null = null;

  /** @param number from 1 on */
  constructor(
    private readonly crew: Crew,
    private readonly number: number,
  ) {}

  /** Keeps a worker running until cancelled, which leaves it running. */
  *keep(): Steps<never> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const { ending, ranMs } = yield* this.runOne();
      if (ranMs >= STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      this.report(`${ending}; restarting it in ${pauseMs / 1000} s`);
      // Clients in its queue wait for the next start, unless it keeps failing: then new ones should reach the other workers.
      if (pauseMs > FIRST_PAUSE_MS) this.close();
      yield* sleep(pauseMs);
    }
  }

  /** Starts another worker, and stops the present one once the other serves. Both accept from the same sockets meanwhile. */
  *replace(): Steps<void> {
    if (this.current === null) return; // the next start is imminent
    const next = yield* this.started();
    if (next === null) return;
    yield* wait([next.ready], { timeoutMs: this.crew.readyTimeoutMs });
    const former = this.current;
    if (!next.ready.done() || next.ready.cancelled() || former === null) {
      if (former !== null) this.report(`is not replaced: the new one (pid ${next.pid}) does not serve`);
      this.crew.retire(next);
      return;
    }
    this.current = next;
    this.crew.retire(former);
  }

  /** Closes this process's copies of the listening sockets. */
  close(): void {
    this.crew.port.close(this.passed);
    this.passed = [];
  }

  private *runOne(): Steps<{ ending: string; ranMs: number }> {
    const { loop } = this.crew;
    const startedMs = loop.time();
    try {
      this.current = yield* this.start();
    } catch (error) {
      if (!isInstance(error, OSError)) throw error;
      return { ending: `could not be started (${error.message})`, ranMs: loop.time() - startedMs };
    }
    for (;;) {
      const worker: Worker = this.current;
      const reminder = this.remind(worker);
      let returncode: number;
      try {
        returncode = yield* worker.wait();
      } finally {
        reminder?.cancel();
      }
      this.crew.running.delete(worker);
      if (this.current !== worker) continue; // it has been replaced
      this.current = null;
      // A worker that fails has printed why. One that ends by itself may be a module that only exports something.
      const hint =
        returncode === 0 && !worker.hasServed ? ' and never served: its module must call server.serveUntil()' : '';
      return { ending: `(pid ${worker.pid}) ${endingOf(returncode)}${hint}`, ranMs: loop.time() - worker.startedMs };
    }
  }

  /** Reports a worker that does not serve in time. It is left running: perhaps it needs longer, or serves without saying so. */
  private remind(worker: Worker): TimedHandle | null {
    const { loop, readyTimeoutMs } = this.crew;
    if (readyTimeoutMs === null || worker.ready.done()) return null;
    return loop.callLater(readyTimeoutMs, () => {
      if (worker.ready.done()) return;
      this.report(
        `(pid ${worker.pid}) has not reported in ${readyTimeoutMs / 1000} s that it serves: ` +
          "its module must call server.serveUntil(), or sdNotify('READY=1')",
      );
    });
  }

  /** Starts a worker; null, and a report, if that is impossible. */
  private *started(): Steps<Worker | null> {
    try {
      return yield* this.start();
    } catch (error) {
      if (!isInstance(error, OSError)) throw error;
      this.report(`is not replaced: ${error.message}`);
      return null;
    }
  }

  private *start(): Steps<Worker> {
    const { loop, program, port, running } = this.crew;
    if (this.passed.length === 0) this.passed = port.listen();
    const worker = yield* Worker.start(loop, program, this.passed);
    running.add(worker);
    worker.ready.addDoneCallback(() => {
      if (!worker.ready.cancelled()) this.crew.onReady(this);
    });
    return worker;
  }

  private report(what: string): void {
    this.crew.loop.callExceptionHandler({ message: `worker ${this.number} ${what}` });
  }
}
