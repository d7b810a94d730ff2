/** Runner: several runs on one loop, with an orderly end. */

import { checkNames, InvalidStateError, wrongType, optionNames } from '../errors/index.js';
import { type Context, copyContext } from '../loop/context.js';
import { checkHasLibuv } from '../loop/hosted.js';
import { checkNotRunning } from '../loop/running-loop.js';
import type { Selector, SelectorName } from '../selectors/index.js';
import { type Abortable, type Future, isFuture, signalOf } from '../tasks/index.js';
import { AbortedMain } from './aborted-main.js';
import { EventLoop } from './event-loop.js';
import { Interrupt } from './interrupt.js';
import { type Main, startMain } from './main.js';
import { openDoor } from './open-door.js';
import { runUntilDone, runUntilDoneHosted } from './run-until-complete.js';
import { cancelLeftOverTasks } from './shutdown.js';

/**
 * How `run`, `runSync` and `Runner` make their loop. Aborting the `signal` cancels main; with a Runner, each of its mains. The timer of
 * `AbortSignal.timeout` needs Node's loop, so it does not expire during `runSync`.
 */
export interface RunOptions extends Abortable {
  /** Debug mode. Default: SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** The selector of the loop. Default: SELECTLOOP_SELECTOR, else the best that works here. */
  selector?: SelectorName | Selector;
  /**
   * Whether generator tasks have the stores of the program's `AsyncLocalStorage`, from the code that created them, as async functions always
   * have. It makes each step of a generator slower, so it is off by default; a ContextVar costs nothing. Default: false.
   */
  asyncLocalStorage?: boolean;
  /**
   * Whether to open a door, so that `selectloop ps PID` and the other commands can look into the loop; prints to stderr how to. See
   * `openInspector` of `selectloop/inspect`. Default: false; SELECTLOOP_INSPECT=1 opens one for each loop, and prints nothing.
   */
  inspect?: boolean;
  /** Makes the loop; called once, without arguments. `selector` and `asyncLocalStorage` are not used then. */
  loopFactory?: () => EventLoop;
}

/** The options of `run`, by name. */
export const RUN_OPTIONS = {
  debug: true,
  selector: true,
  asyncLocalStorage: true,
  inspect: true,
  loopFactory: true,
  signal: true,
} as const satisfies Record<keyof RunOptions, true>;

const OPTIONS = optionNames<RunOptions>(RUN_OPTIONS);

/**
 * Runs several main coroutines, one after another, on one loop, which it creates.
 *
 * `close()` cancels the tasks that are left, waits for them, and closes the loop. The first SIGINT during a run cancels its main
 * task, unless the program listens for SIGINT itself; the run then fails with a KeyboardInterrupt. If the program does not catch
 * that, SIGINT kills the process, without a stack trace. A second SIGINT during the run ends the process as Node would.
 *
 * @example
 * import { Runner, sleep } from 'selectloop';
 *
 * const runner = new Runner();
 * console.log(await runner.run(() => sleep(10, 'first'))); // first
 * console.log(await runner.run(() => sleep(10, 'second'))); // second
 * await runner.close();
 */
export class Runner implements AsyncDisposable {
  private readonly options: RunOptions;
  private readonly signal: AbortSignal | undefined;
  private loop: EventLoop | null = null;
  /** The context of all its mains: what one sets, the next one sees. */
  private context: Context | null = null;
  private closed = false;
  /** True until the door that the options ask for is open. */
  private wantsDoor: boolean;

  constructor(options: RunOptions = {}) {
    this.options = checkNames('Runner: options', options, OPTIONS);
    this.signal = signalOf('Runner', options);
    const { inspect = false } = this.options;
    if (typeof inspect !== 'boolean') throw wrongType('Runner: inspect', 'a boolean', inspect);
    this.wantsDoor = inspect;
  }

  /** The loop; made at the first call. InvalidStateError once the runner is closed. */
  getLoop(): EventLoop {
    if (this.closed) throw new InvalidStateError('Runner is closed');
    if (this.loop === null) {
      const { loopFactory, signal: _, inspect: __, ...loopOptions } = this.options;
      this.loop = loopFactory === undefined ? new EventLoop(loopOptions) : loopFactory();
      if (loopFactory !== undefined && this.options.debug !== undefined) this.loop.setDebug(this.options.debug);
    }
    return this.loop;
  }

  /** Runs main beside Node's own loop; resolves with its result. */
  async run<T>(main: Main<T>): Promise<T> {
    checkHasLibuv(); // before there is a task that would never run
    const { loop, future, own } = this.begin(main);
    const interrupt = new Interrupt(loop, future, true);
    const abort = new AbortedMain(future, this.signal);
    try {
      return await runUntilDoneHosted(loop, future, own);
    } catch (error) {
      throw abort.translate(interrupt.translate(error));
    } finally {
      abort.restore();
      interrupt.restore();
    }
  }

  /** Runs main with the loop owning the thread; returns its result. Generator coroutines only. */
  runSync<T>(main: Main<T>): T {
    const { loop, future, own } = this.begin(main);
    const interrupt = new Interrupt(loop, future, false);
    const abort = new AbortedMain(future, this.signal);
    try {
      return runUntilDone(loop, future, own);
    } catch (error) {
      throw abort.translate(interrupt.translate(error));
    } finally {
      abort.restore();
      interrupt.restore();
    }
  }

  /** Cancels and awaits the tasks that are left, then closes the loop. Idempotent. LoopError ERR_LOOP_RUNNING during a run. */
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

  /** @internal `close` for blocking runs. */
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
    loop.checkOpen(); // loopFactory may have made it long ago
    if (this.wantsDoor) openDoor(loop);
    this.wantsDoor = false;
    this.context ??= copyContext();
    return { loop, future: startMain(loop, main, this.context), own: !isFuture(main) };
  }

  /** The loop to close, if it was made and is not closed yet; the runner is at its end from here on. */
  private retire(): EventLoop | null {
    const { loop } = this;
    if (loop !== null && !loop.isClosed()) checkNotRunning(); // while it can still be closed later
    this.loop = null;
    this.closed = true;
    return loop === null || loop.isClosed() ? null : loop;
  }
}
