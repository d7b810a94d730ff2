/**
 * EventLoop: asyncio's loop, as users see it.
 *
 * The core plus the names that asyncio gives to operations on futures, tasks, sockets and signals. Each is a delegation to the
 * layer that does the work; nothing is implemented here.
 */

import * as io from '../io/index.js';
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
  private readonly signals = new io.SignalHandlers(this);

  constructor(options: EventLoopOptions = {}) {
    const { selector, ...rest } = options;
    super({ selector: chooseSelector(selector), ...rest });
    this._closeHooks.push(() => reportPendingTasks(this));
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

  /** Calls `callback(...args)` on the loop whenever the process gets the signal, a name such as 'SIGUSR1' or a number. */
  addSignalHandler<A extends unknown[]>(signal: io.Signal, callback: (...args: A) => unknown, ...args: A): void {
    this.signals.add(signal, callback, args);
  }

  /** Puts the signal's default back. False if there was no handler. */
  removeSignalHandler(signal: io.Signal): boolean {
    return this.signals.remove(signal);
  }

  /** @internal Watches a signal without keeping the loop waiting for it. */
  _watchSignal(name: NodeJS.Signals, onSignal: () => void, hosted: boolean): Disposable {
    return this.signals.watch(name, onSignal, hosted);
  }

  // --- Sockets and names: see the functions of the same names --------------------------------------------------------

  /** Receives at most `n` bytes; empty at the end. See {@link io.sockRecv}. */
  sockRecv(socket: Socket, n: number): Coroutine<Buffer> {
    return io.sockRecv(socket, n);
  }

  /** Receives into a buffer; how many bytes. See {@link io.sockRecvInto}. */
  sockRecvInto(socket: Socket, buffer: Uint8Array): Coroutine<number> {
    return io.sockRecvInto(socket, buffer);
  }

  /** Receives a datagram of at most `n` bytes. See {@link io.sockRecvFrom}. */
  sockRecvFrom(socket: Socket, n: number): Coroutine<ReceivedFrom> {
    return io.sockRecvFrom(socket, n);
  }

  /** Sends all of `data`. See {@link io.sockSendAll}. */
  sockSendAll(socket: Socket, data: Uint8Array): Coroutine<void> {
    return io.sockSendAll(socket, data);
  }

  /** Sends a datagram. See {@link io.sockSendTo}. */
  sockSendTo(socket: Socket, data: Uint8Array, address: Address): Coroutine<number> {
    return io.sockSendTo(socket, data, address);
  }

  /** Waits for a connection. See {@link io.sockAccept}. */
  sockAccept(listener: Socket): Coroutine<Accepted> {
    return io.sockAccept(listener);
  }

  /** Connects, to a name as well. See {@link io.sockConnect}. */
  sockConnect(socket: Socket, address: Address): Coroutine<void> {
    return io.sockConnect(socket, address);
  }

  /** Sends a file without reading it. See {@link io.sockSendFile}. */
  sockSendFile(socket: Socket, file: io.OpenFile, options?: io.SendFileOptions): Coroutine<number> {
    return io.sockSendFile(socket, file, options);
  }

  /** Resolves a name. See {@link io.getaddrinfo}. */
  getaddrinfo(host: string, port: number, options?: io.ResolveOptions): Coroutine<io.ResolvedAddress[]> {
    return io.getaddrinfo(host, port, options);
  }

  /** Names an address. See {@link io.getnameinfo}. */
  getnameinfo(address: Address, options?: io.NameInfoOptions): Coroutine<io.NameInfo> {
    return io.getnameinfo(address, options);
  }

  // --- Pipes and child processes: see the functions of the same names ---------------------------------------------------

  /** A protocol on the reading end of a pipe. See {@link io.connectReadPipe}. */
  connectReadPipe<P extends io.StreamProtocol>(
    factory: io.ProtocolFactory<P>,
    fd: number,
  ): Coroutine<io.Connection<P>> {
    return io.connectReadPipe(factory, fd);
  }

  /** A protocol on the writing end of a pipe. See {@link io.connectWritePipe}. */
  connectWritePipe<P extends io.StreamProtocol>(
    factory: io.ProtocolFactory<P>,
    fd: number,
  ): Coroutine<io.Connection<P>> {
    return io.connectWritePipe(factory, fd);
  }

  /** An endpoint that sends and receives datagrams. See {@link io.createDatagramEndpoint}. */
  createDatagramEndpoint<P extends io.DatagramProtocol>(
    factory: () => P,
    options: io.DatagramEndpointOptions,
  ): Coroutine<io.DatagramEndpoint<P>> {
    return io.createDatagramEndpoint(factory, options);
  }

  /** Starts a program. See {@link io.createSubprocess}. */
  createSubprocess(command: string, args?: readonly string[], options?: io.SubprocessOptions): Coroutine<io.Process> {
    return io.createSubprocess(command, args, options);
  }

  // --- Other threads: see toThread and WorkerPool ---------------------------------------------------------------------

  /** Begins `fn(...args)` in an executor; null: the default one, a WorkerPool of this loop. LoopError when the loop is closed. */
  runInExecutor<A extends unknown[], R>(
    executor: io.Executor | null,
    fn: (...args: A) => R,
    ...args: A
  ): Future<Awaited<R>> {
    return io.runInExecutor(this, executor, fn, ...args);
  }

  /** Replaces the default executor. It is shut down when the loop closes. */
  setDefaultExecutor(executor: io.Executor): void {
    io.setDefaultExecutor(this, executor);
  }

  /** Runs a self-contained function in a worker thread. See {@link io.toThread}. */
  toThread<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Coroutine<Awaited<R>> {
    return io.toThread(fn, ...args);
  }

  // --- Connections and servers: see the functions of the same names ---------------------------------------------------

  /** Connects a protocol over TCP. See {@link io.createConnection}. */
  createConnection<P extends io.StreamProtocol>(
    factory: io.ProtocolFactory<P>,
    host: string | null,
    port: number | null,
    options?: io.CreateConnectionOptions,
  ): Coroutine<io.Connection<P>> {
    return io.createConnection(factory, host, port, options);
  }

  /** Connects a protocol to a UNIX socket. See {@link io.createUnixConnection}. */
  createUnixConnection<P extends io.StreamProtocol>(
    factory: io.ProtocolFactory<P>,
    path: string | null,
    options?: io.CreateUnixConnectionOptions,
  ): Coroutine<io.Connection<P>> {
    return io.createUnixConnection(factory, path, options);
  }

  /** A protocol on a connection that was accepted elsewhere. See {@link io.connectAcceptedSocket}. */
  connectAcceptedSocket<P extends io.StreamProtocol>(
    factory: io.ProtocolFactory<P>,
    socket: Socket,
  ): Coroutine<io.Connection<P>> {
    return io.connectAcceptedSocket(factory, socket);
  }

  /** Listens, with a protocol for each connection. See {@link io.createServer}. */
  createServer(
    factory: io.ProtocolFactory,
    host: string | readonly string[] | null,
    port: number | null,
    options?: io.CreateServerOptions,
  ): Coroutine<io.Server> {
    return io.createServer(factory, host, port, options);
  }

  /** Listens on a UNIX socket. See {@link io.createUnixServer}. */
  createUnixServer(
    factory: io.ProtocolFactory,
    path: string | null,
    options?: io.CreateUnixServerOptions,
  ): Coroutine<io.Server> {
    return io.createUnixServer(factory, path, options);
  }

  /** Puts TLS on an open connection. See {@link io.startTls}. */
  startTls(transport: io.Transport, protocol: io.StreamProtocol, options: io.StartTlsOptions): Coroutine<io.Transport> {
    return io.startTls(transport, protocol, options);
  }
}
