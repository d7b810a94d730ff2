/** Servers whose program accepts the connections one by one, instead of being called for each. */

import { isInstance } from '../errors/index.js';
import type { Server } from '../servers/server.js';
import { Queue, QueueShutDown } from '../sync/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { type Abortable, type Coroutine, type Steps, operation } from '../tasks/index.js';
import type { Streams } from './open-connection.js';
import { ServedConnection } from './served-connection.js';
import type { StreamReaderOptions } from './stream-reader.js';

/** The members of a server that accepts connections on demand. */
export interface Accepting extends AsyncIterable<Streams> {
  /**
   * Waits for the next connection and returns its reader and writer, which the caller then owns; null once the server is closed.
   *
   * Cancelling it loses no connection: one that has arrived for it is returned by the next call.
   */
  accept(options?: Abortable): Coroutine<Streams | null>;

  /**
   * Iterates over the connections until the server is closed: `for await (const { reader, writer } of server)`, in async functions.
   *
   * The server accepts a connection when the loop asks for the next one, and none ahead: further clients wait in the kernel's queue, whose
   * length is `backlog`. With `tls`, handshakes run at the same time, and connections whose handshake ends while none is asked for wait
   * for the next iteration. Leaving the loop only stops accepting; the server keeps its port until `close()`, and a new loop continues.
   */
  [Symbol.asyncIterator](): AsyncIterator<Streams, undefined>;
}

/**
 * A server made by `startServer` or `startUnixServer` without a handler: its program accepts the connections.
 *
 * @example
 * import { createTask, openConnection, run, startServer } from 'selectloop';
 *
 * await run(async () => {
 *   const server = await startServer('127.0.0.1', 0);
 *   createTask(async () => {
 *     const { reader, writer } = await openConnection('127.0.0.1', server.port);
 *     console.log(String(await reader.read())); // welcome
 *     writer.close();
 *     server.close();
 *   });
 *   for await (const { writer } of server) {
 *     writer.write(Buffer.from('welcome'));
 *     writer.close();
 *   }
 * });
 */
export interface StreamServer extends Server, Accepting {}

/** The connections of a server that its program has not taken yet, at most one unless TLS handshakes were in progress. */
export class Acceptor implements Accepting {
  private readonly queue = new Queue<Streams>();
  /** The number of calls of `accept` that wait. */
  private asking = 0;
  /** The number of accepted connections whose streams are about to arrive. */
  private arriving = 0;
  /** The server does not accept, because no call waits for a connection. */
  private held = true;
  private server: Server | null = null;
  private closed = false;

  /** Adds the methods to the server, and decides from now on when it accepts. */
  control(server: Server): StreamServer {
    this.server = server;
    server._holdAccepting();
    server._whenClosed(() => this.close());
    return Object.assign(server, {
      accept: (options?: Abortable) => this.accept(options),
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
    });
  }

  /** Makes the protocol of a connection that the server has accepted, whose streams follow in the next iteration. */
  newConnection(options: StreamReaderOptions): ServedConnection {
    let arriving = true;
    const arrived = (): void => {
      if (arriving) this.arriving -= 1;
      arriving = false;
    };
    this.arriving += 1;
    this.adjust();
    const loop = currentLoop();
    // The streams never follow if the transport could not be made; the next connection must not wait for them.
    loop.callSoon(() =>
      loop.callSoon(() => {
        arrived();
        this.adjust();
      }),
    );
    return new ServedConnection(options, (reader, writer) => {
      arrived();
      this.add({ reader, writer });
    });
  }

  accept(options?: Abortable): Coroutine<Streams | null> {
    return operation('StreamServer.accept', this.acceptSteps(), options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Streams, undefined> {
    // Not an async generator: `then` must be called here, inside the caller's task, so that the task knows what it waits for.
    return {
      next: () =>
        this.accept().then((streams) =>
          streams === null ? { done: true, value: undefined } : { done: false, value: streams },
        ),
    };
  }

  private *acceptSteps(): Steps<Streams | null> {
    this.asking += 1;
    this.adjust();
    try {
      return yield* this.queue.get();
    } catch (error) {
      if (isInstance(error, QueueShutDown)) return null;
      throw error;
    } finally {
      this.asking -= 1;
      this.adjust();
    }
  }

  private add(streams: Streams): void {
    if (this.closed) {
      streams.writer.close(); // its TLS handshake has ended after the server was closed
      return;
    }
    this.queue.putNowait(streams);
    this.adjust();
  }

  /** Accepts while more calls wait than connections have arrived or are about to. */
  private adjust(): void {
    const held = this.asking <= this.queue.qsize() + this.arriving;
    if (held === this.held) return;
    this.held = held;
    if (held) this.server?._holdAccepting();
    else this.server?._releaseAccepting();
  }

  /** The server is closed: closes the connections that were not taken. */
  private close(): void {
    this.closed = true;
    while (!this.queue.empty()) this.queue.getNowait().writer.close();
    this.queue.shutdown();
  }
}
