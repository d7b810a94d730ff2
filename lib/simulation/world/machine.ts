/** A host of a simulation, with its event loop and its program. */

import { OSError, describeError, isInstance, textOf } from '../../errors/index.js';
import { EventLoop } from '../../event-loop/index.js';
import { startMain } from '../../event-loop/main.js';
import { cancelLeftOverTasks } from '../../event-loop/shutdown.js';
import { runOneIteration } from '../../loop/blocking.js';
import type { ExceptionContext } from '../../loop/exception-handler.js';
import type { Instrument } from '../../loop/instrument.js';
import { closeDescriptor } from '../../sockets/descriptor-close.js';
import type { Future } from '../../tasks/index.js';
import type { SimulatedSelector } from '../binding/selector.js';
import type { Host } from '../kernel/host.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import type { CallFaults } from './call-faults.js';
import { describeFile } from './socket-table.js';
import type { Program, SimulateOptions, SimulatedHost } from './types.js';

/** What a host needs of its world. */
export interface Surroundings {
  readonly selector: SimulateOptions['selector'];
  /** Makes a host the one whose program runs. */
  enter(machine: Machine): void;
  /** The files of the descriptors that a host has open. */
  openFilesOf(host: Host): Array<[fd: number, file: object]>;
  /** Adds a line to the log of the run. */
  log(text: string): void;
  /** Reports an error of a host's program, which ends the run. */
  failed(machine: Machine, error: unknown): void;
  /** An instrument for the loop of a host; null: none. */
  instrumentFor(machine: Machine): Instrument | null;
}

/**
 * A host. Its program runs on its own loop; when it has ended, the tasks that are left are cancelled and awaited, as `run` does it, and
 * the loop is closed.
 */
export class Machine implements SimulatedHost {
  state: SimulatedHost['state'] = 'running';
  /** The host does not run before this time. */
  stalledUntilNs = 0;
  private loop!: EventLoop;
  private main!: Future;
  /** The clean-up after main; null while main runs. */
  private leftOver: Future | null = null;
  private isClosing = false;
  private selector: SimulatedSelector | null = null;

  constructor(
    readonly name: string,
    readonly number: number,
    public kernelHost: Host,
    readonly faults: CallFaults,
    private readonly program: Program,
    private readonly surroundings: Surroundings,
  ) {}

  get address(): string {
    return this.kernelHost.addresses[0]!;
  }

  /** Starts the program, at the beginning and after a crash. */
  start(): void {
    const { surroundings } = this;
    surroundings.enter(this);
    this.state = 'running';
    this.stalledUntilNs = 0;
    this.leftOver = null;
    this.isClosing = false;
    const { selector } = surroundings;
    this.selector = null;
    this.loop = new EventLoop(selector === undefined ? {} : { selector });
    this.loop.setExceptionHandler((_, context) => {
      this.reported(context);
    });
    const instrument = surroundings.instrumentFor(this);
    if (instrument !== null) this.loop.addInstrument(instrument);
    this.main = startMain(this.loop, this.program);
  }

  /** The host has made a selector. The first one is that of its loop. */
  noteSelector(selector: SimulatedSelector): void {
    this.selector ??= selector;
  }

  /** Runs one iteration of the loop. */
  turn(): void {
    this.surroundings.enter(this);
    runOneIteration(this.loop, 0);
    const done = this.leftOver ?? this.main;
    if (done.done()) this.next();
  }

  /** Cancels the program: the run is over. */
  stop(): void {
    this.surroundings.enter(this);
    if (this.state === 'running' && this.leftOver === null) this.main.cancel();
  }

  /** When the host has something to do, in nanoseconds, unless a packet arrives before; null: never. */
  get nextNs(): number | null {
    const { loop, selector } = this;
    const { ready, nextDeadlineMs } = loop.statistics();
    const isReady = ready > 0 || loop._isStopping() || loop._batch?.deferring === true || selector?.hasReady === true;
    if (!isReady && (nextDeadlineMs ?? Infinity) === Infinity) return null;
    return Math.max(this.stalledUntilNs, isReady ? 0 : Math.ceil(nextDeadlineMs! * NANOSECONDS_PER_MS));
  }

  /** The tasks that wait, for messages. */
  get waiting(): string {
    const tasks = [...this.loop._tasks].map(String);
    return `${this.name}: ${tasks.length === 0 ? 'no task is left' : tasks.join(', ')}`;
  }

  /** Ends the program without running any of its code, and closes what it has open. */
  crash(): void {
    this.surroundings.enter(this);
    this.state = 'crashed';
    this.kernelHost.signals.clear();
    // Through the library: the tables that it indexes by descriptor must forget the numbers.
    for (const [fd] of this.surroundings.openFilesOf(this.kernelHost)) closeDescriptor(fd);
  }

  /**
   * The loop has a report. Errors of the kernel belong to the life of a program: a connection is lost, no descriptor is free. Reports without
   * an error are warnings, except for those of a loop that closes: of transports that were left open, and tasks that never ended.
   */
  private reported(context: ExceptionContext): void {
    const error = errorOf(context);
    const isWarning = context.exception === undefined && !this.isClosing;
    if (isWarning || isInstance(context.exception, OSError)) this.surroundings.log(error.message);
    else this.surroundings.failed(this, error);
  }

  /** Main or its clean-up has ended. */
  private next(): void {
    if (this.leftOver === null) {
      if (!this.main.cancelled() && this.main.exception() !== null) {
        this.surroundings.failed(this, this.main.exception());
        return;
      }
      this.leftOver = startMain(this.loop, cancelLeftOverTasks(this.loop));
      return;
    }
    this.isClosing = true;
    this.loop.close();
    this.state = 'ended';
    const left = this.surroundings.openFilesOf(this.kernelHost);
    if (left.length === 0) return;
    const list = left.map(([fd, file]) => `${describeFile(file)} (descriptor ${fd})`).join(', ');
    this.surroundings.failed(this, new LeftOpenError(`the program has ended and left open: ${list}`));
  }
}

/** A program has ended without closing what it had opened. */
class LeftOpenError extends Error {
  override readonly name = 'LeftOpenError';
}

/** Returns the error of a report to the exception handler. One without an error is itself the failure. */
function errorOf({ message, exception, task }: ExceptionContext): Error {
  if (exception === undefined) return new Error(task === undefined ? message : `${message} ${textOf(task)}`);
  return Object.assign(new Error(`${message}: ${describeError(exception)}`), { cause: exception });
}
