/**
 * A child process at the level of system calls: starting, signalling and reaping it.
 *
 * The loop watches a pidfd, which becomes readable when the child ends. That works with every selector and in both modes. Nothing here
 * uses SIGCHLD or waits for "any child", so Node's `child_process` works alongside: each reaps only its own children.
 */

import { OSError, checked } from '../errors/index.js';
import { type ContextCarrier, captureContext } from '../loop/context.js';
import type { LoopCore } from '../loop/loop-core.js';
import { type Watched, Watcher } from '../loop/watcher.js';
import { native } from '../native/binding.js';
import { announceClose } from '../sockets/descriptor-close.js';
import { ESRCH } from '../sockets/errno.js';
import { nativeConstant } from '../sockets/native-constant.js';
import { Event } from '../sync/index.js';
import type { Steps } from '../tasks/index.js';
import { closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import type { Command } from './command.js';
import { type ChildGroup, groupId } from './process-group.js';

/** The exit code reported for a child that other code has reaped, as in asyncio. */
const UNKNOWN_STATUS = 255;

/** The errors of `spawn`, by the number of the step that failed. */
const stages = [
  (errno: number) => new OSError(errno, 'clone'),
  (errno: number) => new OSError(errno, 'dup2'),
  (errno: number, { directory }: Command) => new OSError(errno, 'chdir', { path: directory ?? '' }),
  (errno: number, { name }: Command) => new OSError(errno, 'spawn', { path: name }),
  (errno: number) => new OSError(errno, 'setpgid'),
];

/** A started child. */
export class Child implements Watched, ContextCarrier {
  /** @internal The events of the child run in the context of the code that started it. */
  readonly _context = captureContext();
  /** @internal Null: its events run outside of any task. */
  readonly _carriedTask = null;
  readonly pid: number;
  /** The process group that it was started in; null for the group of this process. */
  readonly processGroup: number | null;
  /** The exit code, or -N if signal N ended the child; null while it runs. */
  returncode: number | null = null;
  private pidfd: number;
  private readonly watcher: Watcher;
  private readonly exited = new Event();

  /**
   * Starts the child, and returns when its program runs.
   *
   * @param stdio its descriptors; the caller keeps them
   * @throws OSError: ENOENT, EACCES with the program's or the directory's path; EAGAIN, ENOMEM
   */
  constructor(
    private readonly loop: LoopCore,
    command: Command,
    stdio: Int32Array,
    group: ChildGroup,
  ) {
    const { executables, args, environment, directory } = command;
    const started = new Int32Array(3);
    const { kind, joined, deathSignal } = group;
    const result = native.spawn(executables, args, environment, directory, stdio, kind, joined, deathSignal, started);
    const [pid = 0, pidfd = -1, stage = 0] = started;
    if (result < 0) throw stages[stage]!(result, command);
    this.pid = pid;
    this.processGroup = groupId(group, pid);
    this.pidfd = pidfd;
    this.watcher = new Watcher(loop, this, 'reader', this, this);
    try {
      this.watcher.arm();
    } catch (error) {
      native.signalChild(pidfd, nativeConstant('SIGKILL'));
      this.release();
      throw error;
    }
    closeWithLoop(loop, this);
  }

  /** Sends a signal. OSError ESRCH if the child has ended, even if another process has its pid now. */
  signal(number: number): void {
    checked(this.pidfd < 0 ? ESRCH : native.signalChild(this.pidfd, number), 'kill');
  }

  /** Waits until the child has ended, and returns its `returncode`. */
  *wait(): Steps<number> {
    if (this.returncode === null) yield* this.exited.wait();
    return this.returncode!;
  }

  /** @internal Returns the pidfd, for the watcher. */
  fileno(): number {
    return this.pidfd;
  }

  /** @internal Reaps the child: its pidfd is readable, so it has ended. */
  _ready(): void {
    if (this.pidfd < 0) return;
    const status = new Int32Array(2);
    const result = native.reapChild(this.pidfd, status);
    if (result === 0) return;
    const [code = 0, signal = 0] = status;
    this.release();
    if (result < 0) {
      // This process ignores SIGCHLD, or other code waits for any child.
      const exception = new OSError(result, 'waitid');
      this.loop.callExceptionHandler({ message: `the exit status of child process ${this.pid} is lost`, exception });
    }
    this.returncode = result < 0 ? UNKNOWN_STATUS : signal > 0 ? -signal : code;
    this.exited.set();
  }

  /** @internal Stops watching the child, because the loop closes. The child continues. */
  _loopCloses(): void {
    this.release();
  }

  /** Releases the pidfd. A child that still runs continues, and the addon reaps it when it ends. */
  private release(): void {
    const { pidfd } = this;
    if (pidfd < 0) return;
    this.watcher.disarm();
    this.pidfd = -1;
    announceClose(pidfd);
    notWithLoop(this.loop, this);
    native.releaseChild(pidfd);
  }

  /** @internal Called only from `release`, which closes the pidfd. */
  _descriptorClosed(): void {
    // Tasks wait for `exited`, not for the descriptor.
  }

  toString(): string {
    return `<watch of child process ${this.pid}>`;
  }
}
