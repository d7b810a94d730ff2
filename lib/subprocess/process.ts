/** Process: a child process, and the streams to it. */

import { gather } from '../combinators/index.js';
import { InvalidStateError, OSError } from '../errors/index.js';
import { checkBytes } from '../sockets/arguments.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { type Signal, signalNumber } from '../signals/index.js';
import type { StreamReader, StreamWriter } from '../streams/index.js';
import type { ChildPipe } from './child-pipes.js';
import type { Child } from './child.js';
import { signalGroup } from './process-group.js';

/** What `communicate` has read; null for what is no pipe. */
export interface ProcessOutput {
  stdout: Buffer | null;
  stderr: Buffer | null;
}

/** The pipes to a child; null for what is no pipe. */
export interface ProcessPipes {
  readonly stdin: ChildPipe<StreamWriter> | null;
  readonly stdout: ChildPipe<StreamReader> | null;
  readonly stderr: ChildPipe<StreamReader> | null;
}

/**
 * A child process. `createSubprocess` makes it.
 *
 * It lives until it ends or is killed: not waiting for it, cancelling whoever waits, and closing the loop leave it alone. It is
 * reaped in any case, so there are no zombies.
 */
export class Process {
  /** Its process id. */
  readonly pid: number;
  /**
   * The id of the process group that it was started in; null: that of this process. See `detached` and `processGroup` of
   * {@link SubprocessOptions}.
   */
  readonly processGroup: number | null;
  /** Writes to its standard input; null unless that is 'pipe'. */
  readonly stdin: StreamWriter | null;
  /** Reads its standard output; null unless that is 'pipe'. Read it, or the child waits once the pipe is full. */
  readonly stdout: StreamReader | null;
  /** Reads its standard error; null unless that is 'pipe'. As `stdout`. */
  readonly stderr: StreamReader | null;
  private readonly child: Child;
  private readonly pipes: ProcessPipes;

  /** @internal */
  constructor(child: Child, pipes: ProcessPipes) {
    this.child = child;
    this.pipes = pipes;
    this.pid = child.pid;
    this.processGroup = child.processGroup;
    this.stdin = pipes.stdin?.stream ?? null;
    this.stdout = pipes.stdout?.stream ?? null;
    this.stderr = pipes.stderr?.stream ?? null;
  }

  /** Its exit code; -N if signal N ended it; null while it runs. */
  get returncode(): number | null {
    return this.child.returncode;
  }

  /**
   * Waits until it has ended; returns its `returncode`. Any number of tasks may wait. Cancelling it leaves the child running.
   *
   * A child that writes to a pipe which nobody reads never ends: use `communicate`, or read its streams.
   */
  wait(): Coroutine<number> {
    return new Coroutine(this.child.wait(), 'Process.wait');
  }

  /**
   * Writes `input` to its stdin and closes that, reads stdout and stderr to their ends, all at the same time, and waits until it
   * has ended. A child that does not read all of its input is no error.
   *
   * Cancelling it leaves the child running; what was read is lost.
   *
   * @throws TypeError unless `input` is bytes; InvalidStateError for input without a pipe to write it to
   */
  communicate(input?: Uint8Array): Coroutine<ProcessOutput> {
    if (input !== undefined) {
      checkBytes('communicate: input', input);
      if (this.stdin === null)
        throw new InvalidStateError("communicate: there is no stdin to write to (use stdin: 'pipe')");
    }
    return new Coroutine(this.communicateSteps(input), 'Process.communicate');
  }

  /**
   * Sends it a signal, a name such as 'SIGHUP' or a number.
   *
   * @throws OSError ESRCH if it has ended; TypeError, RangeError for what is no signal
   */
  sendSignal(signal: Signal): void {
    this.child.signal(signalNumber(signal));
  }

  /** Sends SIGTERM, which asks it to end; it may refuse. */
  terminate(): void {
    this.sendSignal('SIGTERM');
  }

  /** Sends SIGKILL, which it cannot refuse. */
  kill(): void {
    this.sendSignal('SIGKILL');
  }

  /**
   * Sends a signal to every process of the child's process group, SIGKILL unless told otherwise: to the child and to the programs
   * that it has started, except those that have gone to a group of their own. Works after the child itself has ended, while the
   * group has a member.
   *
   * Once the group is empty the kernel may give its number to another one, as it may with the number of a process that has ended:
   * do not signal the group of a child that ended long ago.
   *
   * @throws InvalidStateError unless the child was started with `detached` or `processGroup`; OSError ESRCH if the group has no
   *   process left, EPERM; TypeError, RangeError for what is no signal
   */
  killGroup(signal: Signal = 'SIGKILL'): void {
    signalGroup(this.processGroup, signalNumber(signal));
  }

  /**
   * `await using child`: kills it at the end of the block if it runs, closes our ends of its pipes, and waits until it is gone.
   *
   * Programs that the child has started go on (see `killGroup`), without the pipes even if they have inherited them. What the child
   * has not taken from its stdin is dropped. What the readers have received already can still be read.
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

  private *disposeSteps(): Steps<void> {
    if (this.returncode === null) this.kill();
    // Aborted, not closed: a grandchild that holds the other end and does not read would keep what is still to be sent waiting.
    const pipes = [this.pipes.stdin, this.pipes.stdout, this.pipes.stderr];
    for (const pipe of pipes) pipe?.abort();
    yield* this.child.wait();
    for (const pipe of pipes) if (pipe !== null) yield* pipe.closed();
  }
}

function* readAll(reader: StreamReader | null): Steps<Buffer | null> {
  return reader === null ? null : yield* reader.read();
}

/** The input of a child that ends, or closes its stdin, before it has read everything, goes nowhere: that is its decision. */
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
    if (!(error instanceof OSError && (error.code === 'EPIPE' || error.code === 'ECONNRESET'))) throw error;
  } finally {
    stdin.close();
  }
}
