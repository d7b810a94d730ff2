/**
 * Server: listening sockets and the connections accepted from them.
 *
 * Closing a server has two parts. `close` stops listening immediately. The connections continue until they end by themselves or are
 * closed by `closeClients` or `abortClients`. `waitClosed` waits for both parts.
 */

import { InvalidStateError, isFatal, refuseCallback } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { inspect } from '../platform/describe.js';
import type { Signal } from '../signals/index.js';
import type { Accepted, Address, Socket } from '../sockets/index.js';
import { Event } from '../sync/index.js';
import { type Abortable, Coroutine, Future, type Steps, operation } from '../tasks/index.js';
import { closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import type { ConnectionTracker } from '../transports/open-transports.js';
import type { AcceptGate } from './accept-gate.js';
import { Clients } from './clients.js';
import { Handlers } from './handlers.js';
import { Listener } from './listener.js';
import { type ServeUntilOptions, serveUntil } from './serve-until.js';

/**
 * Handles an accepted connection: makes a transport with a protocol, TLS, or a `net.Socket`. It reports to the tracker. It
 * owns the socket once it has returned; if it throws, the server closes the socket.
 */
export type Serve = (accepted: Accepted, tracker: ConnectionTracker) => void;

/** The parts from which a server is made. */
export interface ServerParts {
  /** Bound, non-blocking, not yet listening. The server owns them. */
  sockets: readonly Socket[];
  /** Null: the default, and a socket that listens already keeps its own. */
  backlog: number | null;
  serve: Serve;
  /** The number of connections at which the server stops accepting; Infinity for no limit. */
  maxConnections: number;
  gate: AcceptGate;
  /** Called once when the server stops listening, before its sockets are closed. */
  onClose?: () => void;
}

/**
 * A server, made by `createServer`, `createUnixServer`, `startServer`, `startUnixServer` or `serveHttp`.
 *
 * @example
 * import { createTask, run, sleep, startServer } from 'selectloop';
 *
 * await run(async () => {
 *   const server = await startServer((reader, writer) => writer.close(), '127.0.0.1', 0);
 *   const serving = createTask(server.serveUntil(['SIGINT', 'SIGTERM'], { graceMs: 1000, exitBySignal: false }));
 *   await sleep(10);
 *   process.kill(process.pid, 'SIGTERM');
 *   console.log('stopped by', await serving); // stopped by SIGTERM
 * });
 */
export class Server implements AsyncDisposable {
  private readonly clients: Clients;
  private readonly serve: Serve;
  private readonly maxConnections: number;
  private readonly gate: AcceptGate;
  /** `maxConnections` is reached, so the gate is held. */
  private full = false;
  private readonly onClose: Array<() => void> = [];
  private readonly onDrain: Array<() => void> = [];
  /** @internal The tasks that handle its connections, if it has any. */
  _handlers = new Handlers();
  private listeners: readonly Listener[];
  private serving = false;
  /** The future that `serveForever` waits for; null while no task does. */
  private forever: Future<void> | null = null;
  /** Set when the server is closed and its last connection has ended. */
  private readonly over = new Event();
  private closed = false;

  /** @internal Use `createServer`, `startServer` and the like. */
  constructor(
    private readonly loop: LoopCore,
    parts: ServerParts,
  ) {
    this.serve = parts.serve;
    this.maxConnections = parts.maxConnections;
    this.gate = parts.gate;
    this.clients = new Clients(loop, () => this.clientsChanged());
    if (parts.onClose !== undefined) this.onClose.push(parts.onClose);
    const accept = (accepted: Accepted): void => this.admit(accepted);
    const close = (): void => this.close();
    this.listeners = parts.sockets.map((socket) => new Listener(loop, socket, parts.backlog, accept, close));
    this.gate.control(this.listeners);
    closeWithLoop(loop, this);
  }

  /** The listening sockets; empty once the server is closed. They belong to the server, whose `close()` closes them. */
  get sockets(): Socket[] {
    return this.listeners.map((listener) => listener.socket);
  }

  /** The address of the first socket; see `sockets` for the rest. InvalidStateError once the server is closed. */
  get address(): Address {
    const [first] = this.listeners;
    if (first === undefined) throw new InvalidStateError(`${this.toString()} has no address: it is closed`);
    return first.socket.getsockname();
  }

  /**
   * The port of the first socket: the one that the kernel chose, if the server was made with port 0. On several addresses with port 0,
   * each address has its own port; see `sockets`.
   *
   * @throws InvalidStateError for a UNIX server, which has no port, and once the server is closed
   */
  get port(): number {
    const { address } = this;
    if ('port' in address) return address.port;
    throw new InvalidStateError(`${this.toString()} has no port: it listens on ${inspect(address)}`);
  }

  /**
   * Is aborted when the server begins to stop: when `serveUntil` gets its signal, or at `close()`. A handler that waits for the next request of
   * a connection passes it, and so ends immediately: `await reader.readline({ signal: server.stopping })`. A handler of `startServer` may let that
   * AbortError end it, which closes the connection and is not reported.
   */
  get stopping(): AbortSignal {
    return this._handlers.stopping;
  }

  /** Returns true while the server accepts connections. */
  isServing(): boolean {
    return this.serving;
  }

  /** Starts listening and accepting, for servers made with `startServing: false`. Idempotent. InvalidStateError once closed. */
  startServing(): Coroutine<void> {
    return new Coroutine(this.startSteps(), 'Server.startServing');
  }

  /**
   * Accepts connections until it is cancelled or the server is closed. In both cases it throws a CancelledError when the last connection
   * has ended. Cancelling it closes the server and gracefully closes all its connections.
   *
   * @throws InvalidStateError if another call is already waiting, or if the server is closed
   */
  serveForever(options?: Abortable): Coroutine<never> {
    return operation('Server.serveForever', this.foreverSteps(), options);
  }

  /**
   * Serves until the process gets one of the signals, then stops in order: the server stops listening, its handlers have `graceMs` to
   * finish, and the rest is cancelled and closed. The signals have their former handlers again afterwards.
   *
   * During the grace idle connections of `serveHttp` are closed, and requests in flight finish. A handler that still runs after it is
   * cancelled; a second signal ends the grace early. Cancelled handlers have one second for their clean-up, and connections for what they have
   * to send; then they are aborted. `close()`, or being cancelled, stops the server in the same way, the latter without a grace.
   *
   * The process then ends by the signal when it exits; see {@link ServeUntilOptions}. Under systemd, it reports READY=1 and STOPPING=1,
   * and feeds the watchdog; see `sdNotify`.
   *
   * @returns the name of the signal; null if the server was closed by `close()`
   * @throws InvalidStateError if the server is closed, or for SIGKILL and SIGSTOP; OSError EBUSY, as `loop.addSignalHandler`
   */
  serveUntil(signals: Signal | readonly Signal[], options: ServeUntilOptions = {}): Coroutine<NodeJS.Signals | null> {
    return serveUntil(this, this.loop, signals, options);
  }

  /** Stops listening immediately, so new connections are refused. Established connections continue. Idempotent. */
  close(): void;
  close(callback?: unknown): void {
    refuseCallback('Server.close', callback, 'server.close(); await server.waitClosed()');
    if (this.closed) return;
    this.closed = true;
    this.serving = false;
    const { listeners } = this;
    this.listeners = [];
    this.gate.control([]);
    notWithLoop(this.loop, this);
    try {
      this._handlers.announceStop();
      for (const onClose of this.onClose) onClose();
    } finally {
      for (const listener of listeners) {
        listener.stop();
        listener.socket.close();
      }
      this.forever?.cancel();
      this.checkOver();
    }
  }

  /** Closes every connection gracefully, after its pending writes have been sent. */
  closeClients(): void {
    for (const transport of this.clients) transport.close();
  }

  /** Aborts every connection: unsent bytes are dropped. */
  abortClients(): void {
    for (const transport of this.clients) transport.abort();
  }

  /** Waits until the server is closed and its last connection has ended. Cancelling it does not affect the server. */
  waitClosed(options?: Abortable): Coroutine<void> {
    return operation('Server.waitClosed', this.waitSteps(), options);
  }

  /** Closes the server and waits as `waitClosed` does, for `await using`. */
  [Symbol.asyncDispose](): Coroutine<void> {
    this.close();
    return this.waitClosed();
  }

  toString(): string {
    const state = this.closed ? 'closed' : this.serving ? 'serving' : 'not serving';
    return `<Server ${state}, sockets: ${this.listeners.length}, connections: ${this.clients.count}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal Stops accepting until `_releaseAccepting`; the kernel queues further connections. */
  _holdAccepting(): void {
    this.gate.hold();
  }

  /** @internal Ends `_holdAccepting`. */
  _releaseAccepting(): void {
    this.gate.release();
  }

  /** @internal Calls `onClose` once, when the server stops listening. */
  _whenClosed(onClose: () => void): void {
    this.onClose.push(onClose);
  }

  /** @internal Calls `onDrain` when the server stops in order, before it closes. */
  _whenDraining(onDrain: () => void): void {
    this.onDrain.push(onDrain);
  }

  /** @internal Accepts the connections in the kernel's queue, which closing would reset, and closes. */
  _drain(): void {
    for (const listener of this.listeners) listener.acceptQueued();
    this._handlers.announceStop();
    for (const onDrain of this.onDrain) onDrain();
    this.close();
  }

  /** @internal Cancels the handlers of its connections. */
  _cancelHandlers(): void {
    this._handlers.cancel();
  }

  /** @internal Waits until no handler is running. */
  *_handlersEnded(): Steps<void> {
    yield* this._handlers.ended();
  }

  /** @internal Waits until it is closed, and its connections and their handlers have ended. */
  *_ended(): Steps<void> {
    yield* this.over.wait();
    yield* this._handlersEnded();
  }

  /** @internal Closes the server with its loop. */
  _loopCloses(): void {
    this.close();
  }

  /** @internal Starts serving immediately. */
  _start(): void {
    if (this.closed) throw new InvalidStateError(`${this.toString()} cannot serve: it is closed`);
    if (this.serving) return;
    try {
      for (const listener of this.listeners) listener.start();
    } catch (error) {
      for (const listener of this.listeners) listener.stop();
      throw error;
    }
    this.serving = true;
  }

  private *startSteps(): Steps<void> {
    this._start();
    yield; // yields to the loop once, as in asyncio
  }

  private *foreverSteps(): Steps<never> {
    if (this.forever !== null) throw new InvalidStateError(`${this.toString()}: serveForever() is already running`);
    this._start();
    const forever = new Future<never>({ loop: this.loop });
    this.forever = forever;
    try {
      return yield* forever;
    } catch (error) {
      if (!this.closed) {
        this.close();
        this.closeClients(); // otherwise the slowest client would decide how long to wait
      }
      yield* this.waitClosed();
      throw error;
    } finally {
      this.forever = null;
      this.close(); // in case the coroutine is closed from outside
    }
  }

  private *waitSteps(): Steps<void> {
    yield* this.over.wait();
  }

  private clientsChanged(): void {
    const full = this.clients.count >= this.maxConnections;
    if (full !== this.full) {
      this.full = full;
      if (full) this.gate.hold();
      else this.gate.release();
    }
    this.checkOver();
  }

  private checkOver(): void {
    if (this.closed && this.clients.count === 0) this.over.set();
  }

  private admit(accepted: Accepted): void {
    const { clients } = this;
    clients.announce();
    try {
      this.serve(accepted, clients);
      clients.arrived();
    } catch (exception) {
      const { socket } = accepted;
      socket.close();
      clients.arrived();
      if (isFatal(exception)) throw exception;
      this.loop.callExceptionHandler({
        message: 'Error on transport creation for incoming connection',
        exception,
        socket,
      });
    }
  }
}
