/**
 * EventLoop: asyncio's loop, as users see it.
 *
 * The core plus the names that asyncio gives to operations on futures, tasks, sockets and signals. Each is a delegation to the
 * layer that does the work; nothing is implemented here.
 */

import {
  type Connection,
  type DatagramProtocol,
  type ProtocolFactory,
  type StreamProtocol,
  type Transport,
  type TransportSendFileOptions,
  sendfile,
} from '../transports/index.js';
import {
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  connectAcceptedSocket,
  connectReadPipe,
  connectWritePipe,
  createConnection,
  createUnixConnection,
} from '../connections/index.js';
import type { Server } from '../servers/index.js';
import {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  createServer,
  createUnixServer,
} from '../servers/index.js';
import { type DatagramEndpoint, type DatagramEndpointOptions, createDatagramEndpoint } from '../datagrams/index.js';
import { type Executor, runInExecutor, setDefaultExecutor, toThread } from '../executor/index.js';
import {
  type NameInfo,
  type NameInfoOptions,
  type OpenFile,
  type ResolveOptions,
  type ResolvedAddress,
  type SendFileOptions,
  getaddrinfo,
  getnameinfo,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvInto,
  sockSendAll,
  sockSendFile,
  sockSendTo,
} from '../sock/index.js';
import type { Process } from '../subprocess/index.js';
import { type SubprocessOptions, createSubprocess } from '../subprocess/index.js';
import { type Signal, SignalHandlers } from '../signals/index.js';
import { type StartTlsOptions, type TlsServeOptions, startTls } from '../tls/index.js';
import { useBatch } from '../batch/index.js';
import { addWaiter } from '../loop/add-waiter.js';
import { runOneIteration, runUntilStopped } from '../loop/blocking.js';
import { type Callback, checkCallback } from '../loop/callback.js';
import type { Clock } from '../loop/clock.js';
import { Handle } from '../loop/handle.js';
import { LoopCore } from '../loop/loop-core.js';
import type { FileObject, Selector, SelectorName } from '../selectors/index.js';
import { descriptorIfOpen, descriptorOf } from '../selectors/file-object.js';
import type { Accepted, Address, ReceivedFrom, Socket } from '../sockets/index.js';
import {
  type Coroutine,
  Future,
  type Task,
  type TaskFactory,
  type TaskOptions,
  type TaskSource,
  createTaskOn,
  factoryOf,
  setFactoryOf,
} from '../tasks/index.js';
import { chooseSelector } from './choose-selector.js';
import type { Main } from './main.js';
import { runUntilComplete } from './run-until-complete.js';
import { reportPendingTasks } from './shutdown.js';

/** How a loop is made. */
export interface EventLoopOptions {
  /** The mechanism by its name, or a selector, which the loop then owns. Default: SELECTLOOP_SELECTOR, else the best. */
  selector?: SelectorName | Selector;
  /** Tells the time. Default: the monotonic clock of the system. */
  clock?: Clock;
  /** Debug mode. Default: SELECTLOOP_DEBUG=1. */
  debug?: boolean;
}

/** An event loop. Most programs use `run` and never make one. */
export class EventLoop extends LoopCore {
  private readonly signals = new SignalHandlers(this);

  constructor(options: EventLoopOptions = {}) {
    const { selector, ...rest } = options;
    super({ selector: chooseSelector(selector), ...rest });
    this._closeHooks.push(() => reportPendingTasks(this));
    useBatch(this);
  }

  // --- Running: blocking --------------------------------------------------------------------------------------------

  /** Runs until `stop()`. The loop owns the thread; nothing else in Node moves meanwhile. DeadlockError if nothing could end it. */
  runForever(): void {
    runUntilStopped(this);
  }

  /**
   * Runs until `main` is done and returns its result. Generator coroutines only: an async function is a LoopError with the code
   * ERR_NEEDS_HOST. LoopError ERR_LOOP_STOPPED if somebody called `stop()` first.
   */
  runUntilComplete<T>(main: Main<T>): T {
    return runUntilComplete(this, main);
  }

  /** One iteration, for study and tests. Waits at most `timeoutMs`; null, the default, as long as it takes (DeadlockError if that is for ever). */
  runOnce(timeoutMs: number | null = null): void {
    runOneIteration(this, timeoutMs);
  }

  // --- Futures and tasks --------------------------------------------------------------------------------------------

  /** A future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this });
  }

  /** A task of this loop; may be called before the loop runs. */
  createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
    return createTaskOn(this, source, options);
  }

  /**
   * Has `factory(loop, source, options)` make the tasks of this loop; null puts the default back. TypeError for anything else that
   * cannot be called; one that returns no future of this loop fails the `createTask` that asked it.
   */
  setTaskFactory(factory: TaskFactory<EventLoop> | null): void {
    setFactoryOf(this, factory);
  }

  /** The factory set by `setTaskFactory`; null when there is none. */
  getTaskFactory(): TaskFactory<EventLoop> | null {
    return factoryOf(this) as TaskFactory<EventLoop> | null;
  }

  // --- Descriptors --------------------------------------------------------------------------------------------------

  /** Calls `callback(...args)` whenever `fd` is readable, until `removeReader`. Replaces the reader there was. */
  addReader<A extends unknown[]>(fd: FileObject, callback: (...args: A) => unknown, ...args: A): void {
    this.addHandle(fd, 'reader', callback, args);
  }

  /** Ends `addReader`. False if there was none. */
  removeReader(fd: FileObject): boolean {
    return this.removeHandle(fd, 'reader');
  }

  /** Calls `callback(...args)` whenever `fd` is writable, until `removeWriter`. Replaces the writer there was. */
  addWriter<A extends unknown[]>(fd: FileObject, callback: (...args: A) => unknown, ...args: A): void {
    this.addHandle(fd, 'writer', callback, args);
  }

  /** Ends `addWriter`. False if there was none. */
  removeWriter(fd: FileObject): boolean {
    return this.removeHandle(fd, 'writer');
  }

  private addHandle(fd: FileObject, direction: 'reader' | 'writer', callback: Callback, args: unknown[]): void {
    this.checkOpen();
    checkCallback(callback, direction === 'reader' ? 'addReader' : 'addWriter', this.getDebug());
    const number = descriptorOf(fd);
    this._descriptors.checkUnclaimed(number, null);
    addWaiter(this, number, direction, new Handle(callback, args, this._sourceOfCaller()), null);
  }

  private removeHandle(fd: FileObject, direction: 'reader' | 'writer'): boolean {
    const number = descriptorIfOpen(fd);
    this._descriptors.checkUnclaimed(number, null);
    return this._descriptors.removeHandle(number, direction);
  }

  // --- Signals ------------------------------------------------------------------------------------------------------

  /**
   * Calls `callback(...args)` on the loop whenever the process gets the signal, a name such as 'SIGUSR1' or a number. Replaces the
   * handler this loop had for it. Works in worker threads too.
   *
   * @throws OSError EBUSY in a worker or before a blocking run, if another such loop of the process handles the signal;
   *   InvalidStateError for SIGKILL and SIGSTOP; TypeError, RangeError for what is no signal
   */
  addSignalHandler<A extends unknown[]>(signal: Signal, callback: (...args: A) => unknown, ...args: A): void {
    this.signals.add(signal, callback, args);
  }

  /** Puts the signal's default back. False if there was no handler. */
  removeSignalHandler(signal: Signal): boolean {
    return this.signals.remove(signal);
  }

  /** @internal Watches a signal without keeping the loop waiting for it. */
  _watchSignal(name: NodeJS.Signals, onSignal: () => void, hosted: boolean): Disposable {
    return this.signals.watch(name, onSignal, hosted);
  }

  // --- Sockets and names: see the functions of the same names --------------------------------------------------------

  /** Receives at most `n` bytes; empty at the end. See {@link sockRecv}. */
  sockRecv(socket: Socket, n: number): Coroutine<Buffer> {
    return sockRecv(socket, n);
  }

  /** Receives into a buffer; how many bytes. See {@link sockRecvInto}. */
  sockRecvInto(socket: Socket, buffer: Uint8Array): Coroutine<number> {
    return sockRecvInto(socket, buffer);
  }

  /** Receives a datagram of at most `n` bytes. See {@link sockRecvFrom}. */
  sockRecvFrom(socket: Socket, n: number): Coroutine<ReceivedFrom> {
    return sockRecvFrom(socket, n);
  }

  /** Sends all of `data`. See {@link sockSendAll}. */
  sockSendAll(socket: Socket, data: Uint8Array): Coroutine<void> {
    return sockSendAll(socket, data);
  }

  /** Sends a datagram. See {@link sockSendTo}. */
  sockSendTo(socket: Socket, data: Uint8Array, address: Address): Coroutine<number> {
    return sockSendTo(socket, data, address);
  }

  /** Waits for a connection. See {@link sockAccept}. */
  sockAccept(listener: Socket): Coroutine<Accepted> {
    return sockAccept(listener);
  }

  /** Connects, to a name as well. See {@link sockConnect}. */
  sockConnect(socket: Socket, address: Address): Coroutine<void> {
    return sockConnect(socket, address);
  }

  /** Sends a file without reading it. See {@link sockSendFile}. */
  sockSendFile(socket: Socket, file: OpenFile, options?: SendFileOptions): Coroutine<number> {
    return sockSendFile(socket, file, options);
  }

  /** Resolves a name. See {@link getaddrinfo}. */
  getaddrinfo(host: string, port: number, options?: ResolveOptions): Coroutine<ResolvedAddress[]> {
    return getaddrinfo(host, port, options);
  }

  /** Names an address. See {@link getnameinfo}. */
  getnameinfo(address: Address, options?: NameInfoOptions): Coroutine<NameInfo> {
    return getnameinfo(address, options);
  }

  // --- Pipes and child processes: see the functions of the same names ---------------------------------------------------

  /** A protocol on the reading end of a pipe. See {@link connectReadPipe}. */
  connectReadPipe<P extends StreamProtocol>(factory: ProtocolFactory<P>, fd: number): Coroutine<Connection<P>> {
    return connectReadPipe(factory, fd);
  }

  /** A protocol on the writing end of a pipe. See {@link connectWritePipe}. */
  connectWritePipe<P extends StreamProtocol>(factory: ProtocolFactory<P>, fd: number): Coroutine<Connection<P>> {
    return connectWritePipe(factory, fd);
  }

  /** An endpoint that sends and receives datagrams. See {@link createDatagramEndpoint}. */
  createDatagramEndpoint<P extends DatagramProtocol>(
    factory: () => P,
    options: DatagramEndpointOptions,
  ): Coroutine<DatagramEndpoint<P>> {
    return createDatagramEndpoint(factory, options);
  }

  /** Starts a program. See {@link createSubprocess}. */
  createSubprocess(command: string, args?: readonly string[], options?: SubprocessOptions): Coroutine<Process> {
    return createSubprocess(command, args, options);
  }

  // --- Other threads: see toThread and WorkerPool ---------------------------------------------------------------------

  /** Begins `fn(...args)` in an executor; null: the default one, a WorkerPool of this loop. LoopError when the loop is closed. */
  runInExecutor<A extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R,
    ...args: A
  ): Future<Awaited<R>> {
    return runInExecutor(this, executor, fn, ...args);
  }

  /** Replaces the default executor. It is shut down when the loop closes. */
  setDefaultExecutor(executor: Executor): void {
    setDefaultExecutor(this, executor);
  }

  /** Runs a self-contained function in a worker thread. See {@link toThread}. */
  toThread<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Coroutine<Awaited<R>> {
    return toThread(fn, ...args);
  }

  // --- Connections and servers: see the functions of the same names ---------------------------------------------------

  /** Connects a protocol over TCP. See {@link createConnection}. */
  createConnection<P extends StreamProtocol>(
    factory: ProtocolFactory<P>,
    host: string | null,
    port: number | null,
    options?: CreateConnectionOptions,
  ): Coroutine<Connection<P>> {
    return createConnection(factory, host, port, options);
  }

  /** Connects a protocol to a UNIX socket. See {@link createUnixConnection}. */
  createUnixConnection<P extends StreamProtocol>(
    factory: ProtocolFactory<P>,
    path: string | null,
    options?: CreateUnixConnectionOptions,
  ): Coroutine<Connection<P>> {
    return createUnixConnection(factory, path, options);
  }

  /** A protocol on a connection that was accepted elsewhere. See {@link connectAcceptedSocket}. */
  connectAcceptedSocket<P extends StreamProtocol>(
    factory: ProtocolFactory<P>,
    socket: Socket,
    options?: TlsServeOptions,
  ): Coroutine<Connection<P>> {
    return connectAcceptedSocket(factory, socket, options);
  }

  /** Listens, with a protocol for each connection. See {@link createServer}. */
  createServer(
    factory: ProtocolFactory,
    host: string | readonly string[] | null,
    port: number | null,
    options?: CreateServerOptions,
  ): Coroutine<Server> {
    return createServer(factory, host, port, options);
  }

  /** Listens on a UNIX socket. See {@link createUnixServer}. */
  createUnixServer(
    factory: ProtocolFactory,
    path: string | null,
    options?: CreateUnixServerOptions,
  ): Coroutine<Server> {
    return createUnixServer(factory, path, options);
  }

  /** Sends a file over a connection. See {@link sendfile}. */
  sendfile(transport: Transport, file: OpenFile, options?: TransportSendFileOptions): Coroutine<number> {
    return sendfile(transport, file, options);
  }

  /** Puts TLS on an open connection. See {@link startTls}. */
  startTls(transport: Transport, protocol: StreamProtocol, options: StartTlsOptions): Coroutine<Transport> {
    return startTls(transport, protocol, options);
  }
}
