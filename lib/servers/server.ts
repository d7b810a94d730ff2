/**
 * Server: listening sockets, and the connections that came in through them.
 *
 * Closing it is two things. It stops listening at once; the connections live on until they end by themselves, or are closed by
 * `closeClients` or `abortClients`. `waitClosed` waits for both.
 */

import { inspect } from 'node:util';

import { InvalidStateError, isFatal } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { Accepted, Address, Socket } from '../sockets/index.js';
import { Coroutine, Future, type Steps } from '../tasks/index.js';
import { closeWithLoop, notWithLoop } from '../loop/closed-with-loop.js';
import type { TransportKeeper } from '../transports/open-transports.js';
import { Clients } from './clients.js';
import { Listener } from './listener.js';

/**
 * Makes something of a connection that has come in: a transport with a protocol, TLS, a socket of Node's. It takes the socket over and
 * reports to the keeper; if it throws, the server closes the socket.
 */
export type Serve = (accepted: Accepted, keeper: TransportKeeper) => void;

/** What a server is made of. */
export interface ServerParts {
  /** Bound, non-blocking, not listening yet; the server owns them. */
  sockets: readonly Socket[];
  backlog: number;
  serve: Serve;
  /** Called once, when it stops listening, before its sockets are closed. */
  onClose?: () => void;
}

/** A server; made by `createServer` and its relatives. */
export class Server implements AsyncDisposable {
  private readonly clients: Clients;
  private readonly serve: Serve;
  private readonly onClose: Array<() => void> = [];
  private listeners: readonly Listener[];
  private serving = false;
  /** What `serveForever` waits for; null when nobody does. */
  private forever: Future<void> | null = null;
  private readonly waiters = new Set<Future<void>>();
  private closed = false;

  /** @internal */
  constructor(
    private readonly loop: LoopCore,
    parts: ServerParts,
  ) {
    this.serve = parts.serve;
    this.clients = new Clients(loop, () => this.wakeIfOver());
    if (parts.onClose !== undefined) this.onClose.push(parts.onClose);
    const accept = (accepted: Accepted): void => this.accept(accepted);
    const close = (): void => this.close();
    this.listeners = parts.sockets.map((socket) => new Listener(loop, socket, parts.backlog, accept, close));
    closeWithLoop(loop, this);
  }

  /** The listening sockets; none once it is closed. They belong to the server: `close()` closes them. */
  get sockets(): Socket[] {
    return this.listeners.map((listener) => listener.socket);
  }

  /** The address of its first socket; `sockets` has the others. InvalidStateError once it is closed. */
  get address(): Address {
    const [first] = this.listeners;
    if (first === undefined) throw new InvalidStateError(`${this.toString()} has no address: it is closed`);
    return first.socket.getsockname();
  }

  /**
   * The port of its first socket: the one that the kernel has chosen, if the server was made with port 0. A server on several
   * addresses with port 0 has one port for each; see `sockets`.
   *
   * @throws InvalidStateError for a UNIX server, which has no port, and once it is closed
   */
  get port(): number {
    const { address } = this;
    if ('port' in address) return address.port;
    throw new InvalidStateError(`${this.toString()} has no port: it listens on ${inspect(address)}`);
  }

  /** True while it accepts connections. */
  isServing(): boolean {
    return this.serving;
  }

  /** Begins to listen and to accept; servers made with `startServing: false` need it. Idempotent. InvalidStateError when closed. */
  startServing(): Coroutine<void> {
    return new Coroutine(this.startSteps(), 'Server.startServing');
  }

  /**
   * Accepts until it is cancelled, or the server closed; throws a CancelledError in both cases, when the last connection has ended.
   * Cancelled, it closes the server and all its connections, in order. InvalidStateError if somebody waits in it already, or when closed.
   */
  serveForever(): Coroutine<never> {
    return new Coroutine(this.foreverSteps(), 'Server.serveForever');
  }

  /** Stops listening at once; who connects from now on is refused. Connections that are established live on. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.serving = false;
    const { listeners } = this;
    this.listeners = [];
    notWithLoop(this.loop, this);
    try {
      for (const onClose of this.onClose) onClose();
    } finally {
      for (const listener of listeners) {
        listener.stop();
        listener.socket.close();
      }
      this.forever?.cancel();
      this.wakeIfOver();
    }
  }

  /** Closes every connection in order: what was written is still sent. */
  closeClients(): void {
    for (const transport of this.clients) transport.close();
  }

  /** Closes every connection at once: what has not been sent is dropped. */
  abortClients(): void {
    for (const transport of this.clients) transport.abort();
  }

  /** Waits until it is closed and its last connection has ended. Cancelling it changes nothing. */
  waitClosed(): Coroutine<void> {
    return new Coroutine(this.waitSteps(), 'Server.waitClosed');
  }

  /** `await using`: closes it, and waits as `waitClosed` does. */
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

  /** @internal Has `onClose` called once, when it stops listening. */
  _whenClosed(onClose: () => void): void {
    this.onClose.push(onClose);
  }

  /** @internal */
  _loopCloses(): void {
    this.close();
  }

  /** @internal Begins to serve, at once. */
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
    yield; // one turn, as in asyncio
  }

  private *foreverSteps(): Steps<never> {
    if (this.forever !== null)
      throw new InvalidStateError(`${this.toString()} is already being awaited on serveForever()`);
    this._start();
    const forever = new Future<never>({ loop: this.loop });
    this.forever = forever;
    try {
      return yield* forever;
    } catch (error) {
      if (!this.closed) {
        this.close();
        this.closeClients(); // or the wait would last as long as the most patient client
      }
      yield* this.waitClosed();
      throw error;
    } finally {
      this.forever = null;
      this.close(); // when the coroutine is closed from outside
    }
  }

  private *waitSteps(): Steps<void> {
    if (this.isOver()) return;
    const waiter = new Future<void>({ loop: this.loop });
    this.waiters.add(waiter);
    try {
      yield* waiter;
    } finally {
      this.waiters.delete(waiter);
    }
  }

  private isOver(): boolean {
    return this.closed && this.clients.count === 0;
  }

  private wakeIfOver(): void {
    if (!this.isOver()) return;
    for (const waiter of this.waiters) if (!waiter.done()) waiter.setResult();
  }

  private accept(accepted: Accepted): void {
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
