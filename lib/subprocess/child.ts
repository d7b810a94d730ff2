/**
 * A child process, as far as the kernel is concerned: its start, its signals, its end.
 *
 * The loop watches a pidfd, which is readable once the child has ended, with whatever selector, in both modes. Nothing here uses
 * SIGCHLD or waits for "any child": Node's `child_process` lives beside us, and each of us reaps its own.
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

/** What is reported for a child that somebody else has reaped, as asyncio does. */
const UNKNOWN_STATUS = 255;

/** What `spawn` failed at, by its number. */
const stages = [
  (errno: number) => new OSError(errno, 'clone'),
  (errno: number) => new OSError(errno, 'dup2'),
  (errno: number, { directory }: Command) => new OSError(errno, 'chdir', { path: directory ?? '' }),
  (errno: number, { name }: Command) => new OSError(errno, 'spawn', { path: name }),
  (errno: number) => new OSError(errno, 'setpgid'),
];

/** A child that was started. */
export class Child implements Watched, ContextCarrier {
  /** @internal */
  readonly _context = captureContext();
  /** @internal */
  readonly _carriedTask = null;
  readonly pid: number;
  /** The process group it was started in; null: ours. */
  readonly processGroup: number | null;
  /** The exit code, or the negative number of the signal that ended it; null while it runs. */
  returncode: number | null = null;
  private pidfd: number;
  private readonly watcher: Watcher;
  private readonly exited = new Event();

  /**
   * Starts it; returns when the program runs.
   *
   * @param stdio borrowed
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
    const { kind, joined } = group;
    const result = native.spawn(executables, args, environment, directory, stdio, kind, joined, started);
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

  /** Sends a signal. OSError ESRCH if it has ended, whoever has its number now. */
  signal(number: number): void {
    checked(this.pidfd < 0 ? ESRCH : native.signalChild(this.pidfd, number), 'kill');
  }

  /** Waits until it has ended. */
  *wait(): Steps<number> {
    if (this.returncode === null) yield* this.exited.wait();
    return this.returncode!;
  }

  /** @internal The pidfd, for the watcher. */
  fileno(): number {
    return this.pidfd;
  }

  /** @internal The pidfd is readable: it has ended. */
  _ready(): void {
    if (this.pidfd < 0) return;
    const status = new Int32Array(2);
    const result = native.reapChild(this.pidfd, status);
    if (result === 0) return;
    const [code = 0, signal = 0] = status;
    this.release();
    if (result < 0) {
      // SIGCHLD is ignored in this process, or foreign code waits for any child.
      const exception = new OSError(result, 'waitid');
      this.loop.callExceptionHandler({ message: `the exit status of child process ${this.pid} is lost`, exception });
    }
    this.returncode = result < 0 ? UNKNOWN_STATUS : signal > 0 ? -signal : code;
    this.exited.set();
  }

  /** @internal */
  _loopCloses(): void {
    this.release();
  }

  /** Lets go of it. One that runs goes on, and is reaped by the addon when it ends. */
  private release(): void {
    const { pidfd } = this;
    if (pidfd < 0) return;
    this.watcher.disarm();
    this.pidfd = -1;
    announceClose(pidfd);
    notWithLoop(this.loop, this);
    native.releaseChild(pidfd);
  }

  /** @internal Only `release` closes it. */
  _descriptorClosed(): void {
    // Nobody waits for the descriptor, but for `exited`.
  }

  toString(): string {
    return `<watch of child process ${this.pid}>`;
  }
}
