/**
 * Several processes that serve one port, which uses several cores.
 *
 * They are processes and not threads: a worker that crashes, runs out of memory or is killed takes no other with it, every worker has
 * its own signals and exit status, and its program is one that systemd could start. Threads would save some memory for each worker.
 */

import { taskGroup } from '../combinators/index.js';
import { outOfRange, ownOptions, wrongType, checkNames, optionNames } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { CallSite } from '../loop/program-stack.js';
import { checkHosts } from '../servers/create-server.js';
import { checkListenFds, passedSockets } from '../servers/passed-sockets.js';
import { StopRequest, checkGrace, signalNumbersOf } from '../servers/serve-until.js';
import { type Signal, dieOf, signalHandlersOf, signalNumber } from '../signals/index.js';
import { checkInt, checkPort } from '../sockets/arguments.js';
import type { Address, InetAddress } from '../sockets/index.js';
import { Event } from '../sync/index.js';
import { announceReady, announceReloading, announceStopping } from '../systemd/announce.js';
import { currentLoop } from '../tasks/current-loop.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import { type Coroutine, type Steps, createTaskOn } from '../tasks/index.js';
import { checkFlag } from '../transports/arguments.js';
import { type WorkerProgramOptions, functionAsModule, programOf } from './program.js';
import { type Port, passedPort, reservePort } from './shared-port.js';
import { type Crew, Slot } from './slot.js';
import type { Worker, WorkerProgram } from './worker.js';

/** A little more than `serveUntil` takes by default, with its grace of 5 s and the clean-up. */
const DEFAULT_GRACE_MS = 8000;
const DEFAULT_READY_TIMEOUT_MS = 30_000;
const DEFAULT_BACKLOG = 511; // as Node: a worker that restarts accepts nothing for a while

/** Options of {@link serveWorkers}. */
export interface ServeWorkersOptions<A extends Address = Address> extends WorkerProgramOptions {
  /** A name or an address, or a list of them; '' or null: all interfaces. Default: '127.0.0.1'. */
  host?: string | readonly string[] | null;
  /** 0: the kernel chooses a port for all workers; see `onReady`. Required, unless `listenFds` finds sockets. */
  port?: number;
  /** The length of the queue of each worker. Default: 511. */
  backlog?: number;
  /**
   * Let all workers share the sockets that a service manager has opened for this process, instead of opening some; see the option of the
   * same name of `createServer`. Default: false.
   */
  listenFds?: boolean | string;
  /** The signals that stop all workers. Default: SIGINT and SIGTERM. */
  signals?: Signal | readonly Signal[];
  /**
   * The signal that replaces all workers, one after the other; null for none. Default: SIGHUP. A terminal that is closed sends it, too:
   * with null that ends the process.
   */
  restartSignal?: Signal | null;
  /** The time in milliseconds in which a worker must end after SIGTERM; then it is killed. Infinity for no limit. Default: 8000. */
  graceMs?: number;
  /**
   * The time in milliseconds in which a new worker must report that it serves; Infinity for no limit. A worker that does not is reported to
   * the exception handler of the loop, and does not replace another. Default: 30 000.
   */
  readyTimeoutMs?: number;
  /**
   * Called once, when all workers serve, with the address that they share. Its type has a host and a port, unless `listenFds` may have passed
   * a UNIX socket.
   */
  onReady?: (address: A) => void;
  /** As for `serveUntil`. Default: true. */
  exitBySignal?: boolean;
}

const OPTIONS = optionNames<ServeWorkersOptions>({
  host: true,
  port: true,
  backlog: true,
  listenFds: true,
  signals: true,
  restartSignal: true,
  graceMs: true,
  readyTimeoutMs: true,
  onReady: true,
  exitBySignal: true,
  args: true,
  execArgv: true,
  env: true,
  cwd: true,
});

/**
 * Serves a port with several processes that run the same module, until this process gets a signal; then stops all of them in order.
 *
 * The module takes its socket with the option `listenFds` of `startServer`, `createServer` or `serveHttp`, and calls `serveUntil`. So
 * the same module also serves alone, and under systemd. A module without `serveUntil` calls `sdNotify('READY=1')` when it serves,
 * and ends at SIGTERM.
 *
 * A worker that ends is restarted after 100 ms, and after twice the time whenever it ends again within 5 s, up to 10 s. At SIGHUP a new
 * worker is started for each, one after the other, and the former one stops as soon as the new one serves. Connections are neither
 * refused nor reset by that: this process holds the listening sockets. It reports the end of workers to the exception handler of the loop.
 * When it ends, however it ends, the kernel sends SIGTERM to its workers.
 *
 * With a service manager, it reports READY=1 when all workers serve, RELOADING=1 at SIGHUP, and STOPPING=1. Cancelling it stops the workers.
 *
 * @param count the number of workers; `os.availableParallelism()` makes one for each core
 * @param module the path or the file: URL of the module: `new URL('worker.js', import.meta.url)`
 * @returns the name of the signal that stopped the workers; the process then ends by it, unless `exitBySignal` is false
 * @throws TypeError or RangeError for misuse, immediately. When awaited: OSError EADDRINUSE, EACCES or EADDRNOTAVAIL; ResolutionError
 *
 * @example
 * import { writeFileSync } from 'node:fs';
 * import { type InetAddress, createTask, openConnection, run, serveWorkers } from 'selectloop';
 *
 * const worker = `
 *   import { run, startServer } from 'selectloop';
 *   await run(async () => {
 *     const greet = (reader, writer) => { writer.write(Buffer.from('hello')); writer.close(); };
 *     const server = await startServer(greet, '127.0.0.1', 7007, { listenFds: true });
 *     await server.serveUntil(['SIGINT', 'SIGTERM']);
 *   });`;
 * writeFileSync('greeter.mjs', worker);
 *
 * async function visit(address: InetAddress) {
 *   const { reader, writer } = await openConnection(address.host, address.port);
 *   console.log(String(await reader.read())); // hello
 *   writer.close();
 *   process.kill(process.pid, 'SIGTERM');
 * }
 *
 * const onReady = (address: InetAddress) => void createTask(() => visit(address));
 * await run(() => serveWorkers(2, 'greeter.mjs', { port: 0, onReady, exitBySignal: false }));
 */
export function serveWorkers(
  count: number,
  module: string | URL,
  options: ServeWorkersOptions<InetAddress> & { port: number; listenFds?: false },
): Coroutine<NodeJS.Signals | null>;
export function serveWorkers(
  count: number,
  module: string | URL,
  options?: ServeWorkersOptions,
): Coroutine<NodeJS.Signals | null>;
export function serveWorkers(
  count: number,
  module: string | URL,
  given: ServeWorkersOptions<never> = {},
): Coroutine<NodeJS.Signals | null> {
  const options = ownOptions('serveWorkers: options', checkNames('serveWorkers: options', given, OPTIONS));
  if (typeof count === 'function') throw functionAsModule('serveWorkers', count);
  checkInt('serveWorkers: count', count, 1);
  const { host = '127.0.0.1', port, backlog = DEFAULT_BACKLOG, listenFds } = options;
  checkListenFds('serveWorkers', listenFds);
  if (port === undefined && (listenFds === undefined || listenFds === false))
    throw wrongType('serveWorkers: port', 'a port', port);
  const hosts = checkHosts('serveWorkers', host, 0);
  if (port !== undefined) checkPort('serveWorkers: port', port);
  checkInt('serveWorkers: backlog', backlog);
  checkFlag('serveWorkers: exitBySignal', options.exitBySignal);
  if (options.onReady !== undefined && typeof options.onReady !== 'function')
    throw wrongType('serveWorkers: onReady', 'a function', options.onReady);
  const { restartSignal = 'SIGHUP' } = options;
  const settings: Settings = {
    count,
    program: programOf(module, options),
    signals: signalNumbersOf('serveWorkers', options.signals ?? ['SIGINT', 'SIGTERM']),
    restartSignal: restartSignal === null ? null : signalNumber(restartSignal),
    graceMs: checkGrace('serveWorkers: graceMs', options.graceMs ?? DEFAULT_GRACE_MS),
    readyTimeoutMs: checkGrace('serveWorkers: readyTimeoutMs', options.readyTimeoutMs ?? DEFAULT_READY_TIMEOUT_MS),
    onReady: options.onReady as Settings['onReady'],
    exitBySignal: options.exitBySignal ?? true,
  };
  function* steps(): Steps<NodeJS.Signals | null> {
    const passed = passedSockets('serveWorkers', listenFds);
    if (passed.length === 0 && port === undefined)
      throw outOfRange('serveWorkers: listenFds', 'a passed socket, because no port is given', listenFds);
    const shared = passed.length > 0 ? passedPort(passed) : yield* reservePort(hosts, port!, backlog);
    try {
      return yield* new Supervisor(currentLoop(), settings, shared).run();
    } finally {
      for (const socket of shared.sockets) socket.close();
    }
  }
  return coroutineOfCall(new CallSite(serveWorkers, 'serveWorkers'), steps());
}

interface Settings {
  readonly count: number;
  readonly program: WorkerProgram;
  readonly signals: readonly number[];
  readonly restartSignal: number | null;
  readonly graceMs: number | null;
  readonly readyTimeoutMs: number | null;
  readonly onReady: ((address: Address) => void) | undefined;
  readonly exitBySignal: boolean;
}

/** Runs the workers of one port. */
class Supervisor implements Crew {
  readonly running = new Set<Worker>();
  readonly program: WorkerProgram;
  readonly readyTimeoutMs: number | null;
  private readonly slots: readonly Slot[];
  /** The slots whose first worker does not serve yet. */
  private readonly missing: Set<Slot>;
  private watchdog: Disposable | null = null;

  constructor(
    readonly loop: LoopCore,
    private readonly settings: Settings,
    readonly port: Port,
  ) {
    this.program = settings.program;
    this.readyTimeoutMs = settings.readyTimeoutMs;
    this.slots = Array.from({ length: settings.count }, (_, i) => new Slot(this, i + 1));
    this.missing = new Set(this.slots);
  }

  /** Serves until a signal. */
  *run(): Steps<NodeJS.Signals | null> {
    const { loop, settings } = this;
    const request = new StopRequest(loop, settings.signals);
    try {
      const signal = yield* this.serve(request);
      if (signal !== null && settings.exitBySignal) dieOf(signal);
      return signal;
    } finally {
      this.watchdog?.[Symbol.dispose]();
      request[Symbol.dispose]();
    }
  }

  onReady(slot: Slot): void {
    if (!this.missing.delete(slot) || this.missing.size > 0) return;
    this.watchdog = announceReady(this.loop);
    this.settings.onReady?.(this.port.sockets[0]!.getsockname());
  }

  retire(worker: Worker): void {
    createTaskOn(this.loop, () => this.stop(worker));
  }

  private *serve(request: StopRequest): Steps<NodeJS.Signals | null> {
    const { loop, slots } = this;
    const restart = new Event();
    const { restartSignal } = this.settings;
    const watch = restartSignal === null ? null : signalHandlersOf(loop).intercept(restartSignal, () => restart.set());
    try {
      return yield* taskGroup(function* (group) {
        const tasks = slots.map((slot, i) => group.createTask(() => slot.keep(), { name: `worker ${i + 1}` }));
        tasks.push(group.createTask(() => replaceWhen(loop, restart, slots)));
        const signal = yield* request.first;
        for (const task of tasks) task.cancel();
        return signal;
      });
    } finally {
      watch?.[Symbol.dispose]();
      yield* this.stopAll(request);
    }
  }

  private *stopAll(request: StopRequest): Steps<void> {
    announceStopping(this.loop);
    for (const slot of this.slots) slot.close();
    for (const socket of this.port.sockets) socket.close();
    request.second.addDoneCallback(() => {
      for (const worker of this.running) worker.terminate();
    });
    const stopping = [...this.running].map((worker) => createTaskOn(this.loop, () => this.stop(worker)));
    for (const task of stopping) yield* task;
    request.second.cancel();
  }

  private *stop(worker: Worker): Steps<void> {
    yield* worker.stop(this.settings.graceMs);
    this.running.delete(worker);
  }
}

/** Replaces the workers of all slots, one after the other, whenever the event is set. */
function* replaceWhen(loop: LoopCore, restart: Event, slots: readonly Slot[]): Steps<never> {
  for (;;) {
    yield* restart.wait();
    restart.clear();
    announceReloading(loop);
    for (const slot of slots) yield* slot.replace();
    announceReady(loop)[Symbol.dispose]();
  }
}
