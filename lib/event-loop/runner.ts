/** Runner: several runs on one loop, with an orderly shutdown. */

import { InvalidStateError } from '../errors/index.js';
import { type Context, copyContext } from '../loop/context.js';
import { checkNotRunning } from '../loop/running-loop.js';
import type { Selector, SelectorName } from '../selectors/index.js';
import { type Future, isFuture } from '../tasks/index.js';
import { EventLoop } from './event-loop.js';
import { Interrupt } from './interrupt.js';
import { type Main, startMain } from './main.js';
import { runUntilDone, runUntilDoneHosted } from './run-until-complete.js';
import { cancelLeftOverTasks } from './shutdown.js';

/** Options of `run`, `runSync` and `Runner`. */
export interface RunOptions {
  /** Debug mode. Default: true if SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** The selector of the loop. Default: SELECTLOOP_SELECTOR, otherwise the best that works here. */
  selector?: SelectorName | Selector;
  /** Creates the loop; called once, without arguments. `selector` is then ignored. */
  loopFactory?: () => EventLoop;
}

/**
 * Runs several main coroutines, one after the other, on one loop.
 *
 * `close()` cancels the pending tasks, waits for them, and closes the loop. The first SIGINT during a run cancels its main task, unless
 * the program handles SIGINT itself; the run then fails with a KeyboardInterrupt. The second SIGINT ends the process, as by default in
 * Node.
 */
export class Runner implements AsyncDisposable {
  private readonly options: RunOptions;
  private loop: EventLoop | null = null;
  /** The context of all main tasks: the next one sees the variables that one sets. */
  private context: Context | null = null;
  private closed = false;

  constructor(options: RunOptions = {}) {
    this.options = options;
  }

  /** Returns the loop, which the first call creates. @throws InvalidStateError once the runner is closed */
  getLoop(): EventLoop {
    if (this.closed) throw new InvalidStateError('Runner is closed');
    if (this.loop === null) {
      const { loopFactory, ...loopOptions } = this.options;
      this.loop = loopFactory === undefined ? new EventLoop(loopOptions) : loopFactory();
      if (loopFactory !== undefined && this.options.debug !== undefined) this.loop.setDebug(this.options.debug);
    }
    return this.loop;
  }

  /** Runs main hosted by Node's own loop; resolves with its result. */
  async run<T>(main: Main<T>): Promise<T> {
    const { loop, future, own } = this.begin(main);
    const interrupt = new Interrupt(loop, future, true);
    try {
      return await runUntilDoneHosted(loop, future, own);
    } catch (error) {
      throw interrupt.translate(error);
    } finally {
      interrupt.restore();
    }
  }

  /** Runs main with the loop owning the thread, and returns its result. Generator coroutines only. */
  runSync<T>(main: Main<T>): T {
    const { loop, future, own } = this.begin(main);
    const interrupt = new Interrupt(loop, future, false);
    try {
      return runUntilDone(loop, future, own);
    } catch (error) {
      throw interrupt.translate(error);
    } finally {
      interrupt.restore();
    }
  }

  /** Cancels and awaits the pending tasks, then closes the loop. Idempotent. @throws LoopError ERR_LOOP_RUNNING during a run */
  async close(): Promise<void> {
    const loop = this.retire();
    try {
      if (loop !== null && loop._tasks.size > 0) {
        await runUntilDoneHosted(loop, startMain(loop, cancelLeftOverTasks(loop)), true);
      }
    } finally {
      loop?.close();
    }
  }

  /** @internal Does the same as `close` for blocking runs. */
  closeSync(): void {
    const loop = this.retire();
    try {
      if (loop !== null && loop._tasks.size > 0) {
        runUntilDone(loop, startMain(loop, cancelLeftOverTasks(loop)), true);
      }
    } finally {
      loop?.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private begin<T>(main: Main<T>): { loop: EventLoop; future: Future<T>; own: boolean } {
    checkNotRunning();
    const loop = this.getLoop();
    loop.checkOpen(); // loopFactory may return an old loop
    this.context ??= copyContext();
    return { loop, future: startMain(loop, main, this.context), own: !isFuture(main) };
  }

  /** Marks the runner as closed, and returns the loop that has to be closed; null if there is none. */
  private retire(): EventLoop | null {
    const { loop } = this;
    if (loop !== null && !loop.isClosed()) checkNotRunning(); // before the state changes, so that it can still be closed later
    this.loop = null;
    this.closed = true;
    return loop === null || loop.isClosed() ? null : loop;
  }
}
