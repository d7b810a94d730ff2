/**
 * A worker process. Its parent treats it as systemd would: it passes listening sockets from descriptor 3 on, waits for READY=1, and stops
 * it with SIGTERM. So any program that systemd could run by socket activation can be a worker.
 */

import { waitFor } from '../combinators/index.js';
import { OSError, TimeoutError, isInstance } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { signalName } from '../signals/index.js';
import { waitReadable } from '../sock/index.js';
import { AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET, SO_PASSCRED, Socket, ancillary } from '../sockets/index.js';
import { type Process, createSubprocess } from '../subprocess/index.js';
import type { ListenFd } from '../systemd/index.js';
import { type Coroutine, Future, type Steps, type Task, createTaskOn } from '../tasks/index.js';

/** Replaces itself by the program, which keeps its process id. */
const SCRIPT = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"';

/** Variables of this process's own service manager. */
const OWN_VARIABLES = { LISTEN_PIDFDID: undefined, WATCHDOG_PID: undefined, WATCHDOG_USEC: undefined };

/** What a worker runs. */
export interface WorkerProgram {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
}

/** A running worker. */
export class Worker {
  /** Is done when the worker has reported that it serves; cancelled if it ends before. */
  readonly ready: Future<void>;
  readonly startedMs: number;
  private readonly reading: Task<void>;
  private asked = false;

  private constructor(
    private readonly loop: LoopCore,
    private readonly process: Process,
    notices: Socket,
  ) {
    this.ready = new Future({ loop });
    this.startedMs = loop.time();
    this.reading = createTaskOn(loop, () => this.readNotices(notices));
    createTaskOn(loop, () => this.cleanUp());
  }

  /** Starts a worker with its sockets, which the caller continues to own. @throws OSError if no process can be started */
  static *start(loop: LoopCore, program: WorkerProgram, passed: readonly ListenFd[]): Steps<Worker> {
    const notices = new Socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    let complete = false;
    try {
      const name = `selectloop/${process.pid}/${crypto.randomUUID()}`;
      notices.setsockopt(SOL_SOCKET, SO_PASSCRED, true);
      notices.bind({ path: `\0${name}` });
      const child = yield* createSubprocess('/bin/sh', ['-c', SCRIPT, 'sh', ...program.command], {
        stdin: 'ignore',
        extraFds: passed.map(({ socket }) => socket),
        processGroup: 'new', // Ctrl-C in a terminal reaches the parent alone
        parentDeathSignal: 'SIGTERM',
        ...(program.cwd !== undefined && { cwd: program.cwd }),
        env: {
          ...program.env,
          ...OWN_VARIABLES,
          LISTEN_FDS: String(passed.length),
          LISTEN_FDNAMES: passed.map((each) => each.name).join(':'),
          NOTIFY_SOCKET: `@${name}`,
        },
      });
      complete = true;
      return new Worker(loop, child, notices);
    } finally {
      if (!complete) notices.close();
    }
  }

  /** True once it has reported that it serves. */
  get hasServed(): boolean {
    return this.ready.done() && !this.ready.cancelled();
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Waits until the worker has ended; returns its exit code, or the negative number of a signal. */
  wait(): Coroutine<number> {
    return this.process.wait();
  }

  /** Asks the worker to stop; a second time, to stop immediately. */
  terminate(): void {
    this.asked = true;
    this.signal('SIGTERM');
  }

  /** Stops the worker, unless it was asked to already, and kills it if it has not ended after the grace; null for no limit. */
  *stop(graceMs: number | null): Steps<void> {
    if (!this.asked) this.terminate();
    try {
      yield* waitFor(this.wait(), graceMs);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.loop.callExceptionHandler({ message: `worker (pid ${this.pid}) has not stopped in time: killing it` });
      this.signal('SIGKILL');
      yield* this.wait();
    }
  }

  private *cleanUp(): Steps<void> {
    try {
      yield* this.process.wait();
    } finally {
      this.ready.cancel();
      this.reading.cancel();
    }
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      this.process.sendSignal(signal);
    } catch (error) {
      if (!(isInstance(error, OSError) && error.code === 'ESRCH')) throw error;
    }
  }

  /** Receives the messages of `sdNotify`. Any process could send to the socket, so those of other users do not count. */
  private *readNotices(notices: Socket): Steps<void> {
    try {
      for (;;) {
        yield* waitReadable(notices);
        const { data, ancData } = notices.recvMsg(4096, { maxFds: 0, ancBufSize: 256 });
        const sender = ancillary.credentials.get(ancData);
        const trusted = sender !== undefined && (sender.uid === process.getuid!() || sender.uid === 0);
        if (trusted && /^READY=1$/m.test(data.toString()) && !this.ready.done()) this.ready.setResult();
      }
    } finally {
      notices.close();
    }
  }
}

/** Describes how a worker has ended. @param returncode the exit code, or the negative number of the signal */
export function endingOf(returncode: number): string {
  return returncode >= 0 ? `exited with code ${returncode}` : `was killed by ${signalName(-returncode)}`;
}
