/** Process: a child process and the streams to it. */

import { gather } from '../combinators/index.js';
import { InvalidStateError, OSError, isInstance } from '../errors/index.js';
import { checkBytes } from '../sockets/arguments.js';
import { type Abortable, Coroutine, type Steps, operation } from '../tasks/index.js';
import { type Signal, signalNumber } from '../signals/index.js';
import type { StreamReader, StreamWriter } from '../streams/index.js';
import type { ChildPipe } from './child-pipes.js';
import type { Child } from './child.js';
import { signalGroup } from './process-group.js';

/** The output that `communicate` has read; null for a descriptor that is not a pipe. */
export interface ProcessOutput {
  stdout: Buffer | null;
  stderr: Buffer | null;
}

/** The pipes to a child; null for a descriptor that is not a pipe. */
export interface ProcessPipes {
  readonly stdin: ChildPipe<StreamWriter> | null;
  readonly stdout: ChildPipe<StreamReader> | null;
  readonly stderr: ChildPipe<StreamReader> | null;
}

/**
 * A child process, made by `createSubprocess`.
 *
 * It runs until it exits or is killed. It keeps running if no task waits for it, if a waiting task is cancelled, or if the loop closes. It
 * is always reaped, so it never remains a zombie.
 */
export class Process {
  /** The process id. */
  readonly pid: number;
  /**
   * The id of the process group that it was started in; null for the group of this process. See `detached` and `processGroup` of
   * {@link SubprocessOptions}.
   */
  readonly processGroup: number | null;
  /** Writes to the child's standard input; null unless that is 'pipe'. */
  readonly stdin: StreamWriter | null;
  /** Reads the child's standard output; null unless that is 'pipe'. If it is not read, the child blocks when the pipe is full. */
  readonly stdout: StreamReader | null;
  /** Reads the child's standard error; null unless that is 'pipe'. Must be read, like `stdout`. */
  readonly stderr: StreamReader | null;
  private readonly child: Child;
  private readonly pipes: ProcessPipes;

  /** @internal Use `createSubprocess`. */
  constructor(child: Child, pipes: ProcessPipes) {
    this.child = child;
    this.pipes = pipes;
    this.pid = child.pid;
    this.processGroup = child.processGroup;
    this.stdin = pipes.stdin?.stream ?? null;
    this.stdout = pipes.stdout?.stream ?? null;
    this.stderr = pipes.stderr?.stream ?? null;
  }

  /** The exit code; -N if signal N ended the child; null while it runs. */
  get returncode(): number | null {
    return this.child.returncode;
  }

  /**
   * Waits until the child has ended, and returns its `returncode`. Any number of tasks may wait. Cancelling it leaves the child running.
   *
   * A child that writes to a pipe blocks when the pipe is full, and then never ends: use `communicate`, or read its streams.
   */
  wait(options?: Abortable): Coroutine<number> {
    return operation('Process.wait', this.child.wait(), options);
  }

  /**
   * Writes `input` to the child's stdin and closes it, concurrently reads stdout and stderr until EOF, and waits until the child has
   * ended. It is not an error if the child does not read all of its input.
   *
   * Cancelling it leaves the child running; the output read so far is lost.
   *
   * @throws TypeError unless `input` is bytes; InvalidStateError for input without a pipe to write it to
   */
  communicate(input?: Uint8Array, options?: Abortable): Coroutine<ProcessOutput> {
    if (input !== undefined) {
      checkBytes('communicate: input', input);
      if (this.stdin === null)
        throw new InvalidStateError("communicate: there is no stdin to write to (use stdin: 'pipe')");
    }
    return operation('Process.communicate', this.communicateSteps(input), options);
  }

  /**
   * Sends a signal to the child: a name such as 'SIGHUP', or a number.
   *
   * @throws OSError ESRCH if the child has ended; TypeError or RangeError for an unknown signal
   */
  sendSignal(signal: Signal): void {
    this.child.signal(signalNumber(signal));
  }

  /** Sends SIGTERM, which asks the child to exit. The child may ignore it. */
  terminate(): void {
    this.sendSignal('SIGTERM');
  }

  /** Sends SIGKILL, which the child cannot ignore. */
  kill(): void {
    this.sendSignal('SIGKILL');
  }

  /**
   * Sends a signal to every process in the child's process group: the child, and the programs that it has started unless they have moved
   * to another group. Works after the child has ended, as long as the group has a member.
   *
   * Once the group is empty the kernel may reuse its id, as it may reuse a pid. Do not signal the group of a child that ended long ago.
   *
   * @param signal a name or a number. Default: SIGKILL
   * @throws InvalidStateError unless the child was started with `detached` or `processGroup`; OSError ESRCH if the group has no
   *   process left, EPERM; TypeError or RangeError for an unknown signal
   */
  killGroup(signal: Signal = 'SIGKILL'): void {
    signalGroup(this.processGroup, signalNumber(signal));
  }

  /**
   * Kills the child if it still runs, closes this process's ends of its pipes, and waits until it has ended. Called at the end of an
   * `await using` block.
   *
   * Programs that the child has started keep running (see `killGroup`), but the pipes that they have inherited are closed on this side: they read
   * EOF, and their writes fail with EPIPE. Unsent input of the child is dropped. Output that the readers have already received can still be read.
   */
  [Symbol.asyncDispose](): Coroutine<void> {
    return new Coroutine(this.disposeSteps(), 'Process.asyncDispose');
  }

  toString(): string {
    const { returncode } = this;
    return `<Process ${this.pid}${returncode === null ? '' : ` returncode=${returncode}`}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  private *communicateSteps(input: Uint8Array | undefined): Steps<ProcessOutput> {
    const [stdout, stderr] = yield* gather([readAll(this.stdout), readAll(this.stderr), feed(this.stdin, input)]);
    yield* this.child.wait();
    return { stdout, stderr };
  }

  private killIfRunning(): void {
    if (this.returncode !== null) return;
    try {
      this.kill();
    } catch (error) {
      if (!(isInstance(error, OSError) && error.code === 'ESRCH')) throw error; // other code has reaped the child
    }
  }

  private *disposeSteps(): Steps<void> {
    this.killIfRunning();
    // Abort instead of close: a close would wait for unsent bytes, which a grandchild that holds the other end may never read.
    const pipes = [this.pipes.stdin, this.pipes.stdout, this.pipes.stderr];
    for (const pipe of pipes) pipe?.abort();
    yield* this.child.wait();
    for (const pipe of pipes) if (pipe !== null) yield* pipe.closed();
  }
}

function* readAll(reader: StreamReader | null): Steps<Buffer | null> {
  return reader === null ? null : yield* reader.read();
}

/** Writes the input and closes stdin. A child may exit or close its stdin before it has read everything; the rest is dropped. */
function* feed(stdin: StreamWriter | null, input: Uint8Array | undefined): Steps<void> {
  if (stdin === null) return;
  try {
    if (input !== undefined) {
      stdin.write(input);
      yield* stdin.drain();
    }
    stdin.close();
    yield* stdin.waitClosed();
  } catch (error) {
    if (!(isInstance(error, OSError) && (error.code === 'EPIPE' || error.code === 'ECONNRESET'))) throw error;
  } finally {
    stdin.close();
  }
}
