/**
 * EventLoop: the public loop, with asyncio's interface.
 *
 * It adds asyncio's methods for futures, tasks, sockets and signals to the core. Each one delegates to the layer that implements it.
 */

import { checkNames, optionNames } from '../errors/index.js';
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
import {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  type Server,
  createServer,
  createUnixServer,
} from '../servers/index.js';
import { type DatagramEndpoint, type DatagramEndpointOptions, createDatagramEndpoint } from '../datagrams/index.js';
import { type Executor, runInExecutor, setDefaultExecutor, toThread } from '../executor/index.js';
import * as sock from '../sock/index.js';
import type { NameInfo, NameInfoOptions, ResolveOptions, ResolvedAddress, SendManyOptions } from '../sock/index.js';
import { type Process, type SubprocessOptions, createSubprocess } from '../subprocess/index.js';
import { type Signal, signalHandlersOf } from '../signals/index.js';
import { type StartTlsOptions, type TlsServeOptions, startTls } from '../tls/index.js';
import { enterPlaces } from '../tasks/place-of-call.js';
import { useBatch } from '../batch/index.js';
import { runOneIteration, runUntilStopped } from '../loop/blocking.js';
import type { Clock } from '../loop/clock.js';
import { LoopCore } from '../loop/loop-core.js';
import type { FileObject, Selector, SelectorName } from '../selectors/index.js';
import { checkedTimeout } from '../selectors/timeout.js';
import type {
  Accepted,
  Address,
  DatagramBatch,
  OpenFile,
  ReceivedFrom,
  ReceivedFromInto,
  SendFileOptions,
  Socket,
  SocketAddress,
} from '../sockets/index.js';
import {
  type Abortable,
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
import { addDescriptorHandle, removeDescriptorHandle } from './descriptor-handles.js';
import { followAsEnvironmentSays } from './follow.js';
import type { Main } from './main.js';
import { runUntilComplete } from './run-until-complete.js';
import { reportPendingTasks } from './shutdown.js';

/** Options of a loop. */
export interface EventLoopOptions {
  /** The name of a mechanism, or a selector, which the loop then owns. Default: SELECTLOOP_SELECTOR, otherwise the best. */
  selector?: SelectorName | Selector;
  /** The source of `loop.time()`. Default: the monotonic clock of the system. */
  clock?: Clock;
  /** Debug mode. Default: true if SELECTLOOP_DEBUG=1. */
  debug?: boolean;
  /** See {@link RunOptions}. Default: false. */
  asyncLocalStorage?: boolean;
}

const OPTIONS = optionNames<EventLoopOptions>({ selector: true, clock: true, debug: true, asyncLocalStorage: true });

/** An event loop. Most programs use `run` and never create one. */
export class EventLoop extends LoopCore {
  private readonly signals = signalHandlersOf(this);

  constructor(options: EventLoopOptions = {}) {
    const { selector, asyncLocalStorage, ...rest } = checkNames('EventLoop: options', options, OPTIONS);
    followAsEnvironmentSays(); // before this loop is announced
    super({ selector: chooseSelector(selector), ...rest });
    if (asyncLocalStorage === true) enterPlaces(this);
    this._closeHooks.push(() => reportPendingTasks(this));
    useBatch(this);
  }

  /** Returns its state, for debugging. */
  override toString(): string {
    const state = this.isClosed() ? 'closed' : this.isRunning() ? 'running' : 'stopped';
    return `<EventLoop ${state}${this.getDebug() ? ', debug' : ''}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // --- Running: blocking --------------------------------------------------------------------------------------------

  /** Runs until `stop()`. The loop owns the thread: nothing else in Node runs meanwhile. @throws DeadlockError if nothing can wake it */
  runForever(): void {
    runUntilStopped(this);
  }

  /**
   * Runs until `main` is done, and returns its result. The loop owns the thread, so `main` must be a generator coroutine.
   *
   * @throws LoopError ERR_NEEDS_HOST for an async function, ERR_LOOP_STOPPED if `stop()` was called first; DeadlockError
   */
  runUntilComplete<T>(main: Main<T>): T {
    return runUntilComplete(this, main);
  }

  /**
   * Runs one iteration, for study and tests. Waits at most `timeoutMs`; null: no limit; 0 or less: does not wait.
   *
   * @throws DeadlockError if nothing can wake the loop; TypeError or RangeError for an invalid timeout
   */
  runOnce(timeoutMs: number | null = null): void {
    runOneIteration(this, checkedTimeout(timeoutMs));
  }

  // --- Futures and tasks --------------------------------------------------------------------------------------------

  /** Creates a future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this });
  }

  /** Creates a task of this loop; may be called before the loop runs. */
  createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
    return createTaskOn(this, source, options);
  }

  /**
   * Sets the function `factory(loop, source, options)` that creates the tasks of this loop; null restores the default. If it does not
   * return a future of this loop, `createTask` throws. @throws TypeError for anything but a function or null
   */
  setTaskFactory(factory: TaskFactory<EventLoop> | null): void {
    setFactoryOf(this, factory);
  }

  /** Returns the factory set by `setTaskFactory`; null if there is none. */
  getTaskFactory(): TaskFactory<EventLoop> | null {
    return factoryOf(this) as TaskFactory<EventLoop> | null;
  }

  // --- Descriptors --------------------------------------------------------------------------------------------------

  /** Calls `callback(...args)` whenever `fd` is readable, until `removeReader`. Replaces any previous reader. */
  addReader<A extends unknown[]>(fd: FileObject, callback: (...args: A) => unknown, ...args: A): void {
    addDescriptorHandle(this, fd, 'reader', callback, args);
  }

  /** Removes the reader. Returns false if there was none. */
  removeReader(fd: FileObject): boolean {
    return removeDescriptorHandle(this, fd, 'reader');
  }

  /** Calls `callback(...args)` whenever `fd` is writable, until `removeWriter`. Replaces any previous writer. */
  addWriter<A extends unknown[]>(fd: FileObject, callback: (...args: A) => unknown, ...args: A): void {
    addDescriptorHandle(this, fd, 'writer', callback, args);
  }

  /** Removes the writer. Returns false if there was none. */
  removeWriter(fd: FileObject): boolean {
    return removeDescriptorHandle(this, fd, 'writer');
  }

  // --- Signals ------------------------------------------------------------------------------------------------------

  /**
   * Calls `callback(...args)` on the loop whenever the process gets the signal, a name such as 'SIGUSR1' or a number. Replaces this
   * loop's earlier handler for the signal. Also works in worker threads.
   *
   * @throws OSError EBUSY in a worker or before a blocking run, if another such loop of the process handles the signal;
   *   InvalidStateError for SIGKILL and SIGSTOP; TypeError or RangeError for anything but a signal
   */
  addSignalHandler<A extends unknown[]>(signal: Signal, callback: (...args: A) => unknown, ...args: A): void {
    this.signals.add(signal, callback, args);
  }

  /** Restores the default of a signal. Returns false if there was no handler. */
  removeSignalHandler(signal: Signal): boolean {
    return this.signals.remove(signal);
  }

  /** @internal Watches a signal without keeping the loop running for it. */
  _watchSignal(name: NodeJS.Signals, onSignal: () => void, hosted: boolean): Disposable {
    return this.signals.watch(name, onSignal, hosted);
  }

  // --- Sockets and names: see the functions of the same names --------------------------------------------------------

  /** Receives at most `n` bytes; an empty buffer at EOF. See {@link sock.sockRecv | sockRecv}. */
  sockRecv(socket: Socket, n: number, options?: Abortable): Coroutine<Buffer> {
    return sock.sockRecv(socket, n, options);
  }

  /** Receives into a buffer; returns the number of bytes. See {@link sock.sockRecvInto | sockRecvInto}. */
  sockRecvInto(socket: Socket, buffer: Uint8Array, options?: Abortable): Coroutine<number> {
    return sock.sockRecvInto(socket, buffer, options);
  }

  /** Receives a datagram of at most `n` bytes. See {@link sock.sockRecvFrom | sockRecvFrom}. */
  sockRecvFrom(socket: Socket, n: number, options?: Abortable): Coroutine<ReceivedFrom> {
    return sock.sockRecvFrom(socket, n, options);
  }

  /** Receives a datagram into a buffer. See {@link sock.sockRecvFromInto | sockRecvFromInto}. */
  sockRecvFromInto(socket: Socket, buffer: Uint8Array, options?: Abortable): Coroutine<ReceivedFromInto> {
    return sock.sockRecvFromInto(socket, buffer, options);
  }

  /** Sends all of `data`. See {@link sock.sockSendAll | sockSendAll}. */
  sockSendAll(socket: Socket, data: Uint8Array, options?: Abortable): Coroutine<void> {
    return sock.sockSendAll(socket, data, options);
  }

  /** Sends a datagram. See {@link sock.sockSendTo | sockSendTo}. */
  sockSendTo(socket: Socket, data: Uint8Array, address: SocketAddress, options?: Abortable): Coroutine<number> {
    return sock.sockSendTo(socket, data, address, options);
  }

  /** Receives the datagrams that are ready. See {@link sock.sockRecvMany | sockRecvMany}. */
  sockRecvMany(socket: Socket, batch: DatagramBatch, options?: Abortable): Coroutine<number> {
    return sock.sockRecvMany(socket, batch, options);
  }

  /** Sends several datagrams. See {@link sock.sockSendMany | sockSendMany}. */
  sockSendMany(socket: Socket, batch: DatagramBatch, options?: SendManyOptions): Coroutine<void> {
    return sock.sockSendMany(socket, batch, options);
  }

  /** Waits for a connection. See {@link sock.sockAccept | sockAccept}. */
  sockAccept(listener: Socket, options?: Abortable): Coroutine<Accepted> {
    return sock.sockAccept(listener, options);
  }

  /** Connects to an address or a host name. See {@link sock.sockConnect | sockConnect}. */
  sockConnect(socket: Socket, address: SocketAddress, options?: Abortable): Coroutine<void> {
    return sock.sockConnect(socket, address, options);
  }

  /** Sends a file, which the kernel reads. See {@link sock.sockSendFile | sockSendFile}. */
  sockSendFile(socket: Socket, file: OpenFile, options?: SendFileOptions & Abortable): Coroutine<number> {
    return sock.sockSendFile(socket, file, options);
  }

  /** Waits until a descriptor is readable. See {@link sock.waitReadable | waitReadable}. */
  waitReadable(fd: FileObject, options?: Abortable): Coroutine<void> {
    return sock.waitReadable(fd, options);
  }

  /** Waits until a descriptor is writable. See {@link sock.waitWritable | waitWritable}. */
  waitWritable(fd: FileObject, options?: Abortable): Coroutine<void> {
    return sock.waitWritable(fd, options);
  }

  /** Resolves a name. See {@link sock.getaddrinfo | getaddrinfo}. */
  getaddrinfo(host: string | null, port: number, options?: ResolveOptions): Coroutine<ResolvedAddress[]> {
    return sock.getaddrinfo(host, port, options);
  }

  /** Looks up the names of an address. See {@link sock.getnameinfo | getnameinfo}. */
  getnameinfo(address: Address, options?: NameInfoOptions): Coroutine<NameInfo> {
    return sock.getnameinfo(address, options);
  }

  // --- Pipes and child processes: see the functions of the same names ---------------------------------------------------

  /** Connects a protocol to the reading end of a pipe. See {@link connectReadPipe}. */
  connectReadPipe<P extends StreamProtocol>(factory: ProtocolFactory<P>, fd: number): Coroutine<Connection<P>> {
    return connectReadPipe(factory, fd);
  }

  /** Connects a protocol to the writing end of a pipe. See {@link connectWritePipe}. */
  connectWritePipe<P extends StreamProtocol>(factory: ProtocolFactory<P>, fd: number): Coroutine<Connection<P>> {
    return connectWritePipe(factory, fd);
  }

  /** Creates an endpoint that sends and receives datagrams. See {@link createDatagramEndpoint}. */
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

  /** Starts `fn(...args)` in an executor; null: the default one, a WorkerPool of this loop. @throws LoopError if the loop is closed */
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

  /** Connects a protocol to a connection that was accepted elsewhere. See {@link connectAcceptedSocket}. */
  connectAcceptedSocket<P extends StreamProtocol>(
    factory: ProtocolFactory<P>,
    socket: Socket,
    options?: TlsServeOptions & Abortable,
  ): Coroutine<Connection<P>> {
    return connectAcceptedSocket(factory, socket, options);
  }

  /** Starts a server with a protocol for each connection. See {@link createServer}. */
  createServer(
    factory: ProtocolFactory,
    host: string | readonly string[] | null,
    port: number | null,
    options?: CreateServerOptions,
  ): Coroutine<Server> {
    return createServer(factory, host, port, options);
  }

  /** Starts a server on a UNIX socket. See {@link createUnixServer}. */
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

  /** Upgrades an open connection to TLS. See {@link startTls}. */
  startTls(transport: Transport, protocol: StreamProtocol, options: StartTlsOptions): Coroutine<Transport> {
    return startTls(transport, protocol, options);
  }
}
