// A server for redis-cli, redis-benchmark and other clients of Redis.
// It implements PING ECHO SET GET MGET DEL INCR EXPIRE TTL KEYS CONFIG GET and COMMAND, and keeps everything in memory.
// Watch pipelining: the replies to all requests that arrive in one chunk are sent in one write.

import { type Coroutine, type Protocol, type Server, type Steps, type Transport } from 'selectloop';
import { createServer, createTask, getRunningLoop, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { type Endpoint, MAX_CLIENTS, endpointOf, serveUntilInterrupted } from '../serving.js';
import { execute } from './commands.js';
import { Keyspace } from './keyspace.js';
import { Failure, ProtocolError, RequestParser, encode, sizeOf } from './resp.js';

/** The time between two removals of expired keys. (A request that accesses an expired key also removes it.) */
const SWEEP_EVERY_MS = 1000;

/** Replies are sent together up to this size. After that, the server finds out whether the client reads them. */
const BATCH_BYTES = 65_536;
/** One short MGET can ask for a large value a million times. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** The connection of one client. */
class Client implements Protocol {
  private readonly parser = new RequestParser();
  private transport!: Transport;
  /** The client does not read its replies. */
  private isPaused = false;

  constructor(private readonly keyspace: Keyspace) {}

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  dataReceived(data: Buffer): void {
    this.replyTo(data);
  }

  private replyTo(data: Buffer): void {
    let replies: Buffer[] = [];
    let size = 0;
    let isLost = false;
    const send = (): void => {
      if (replies.length > 0) this.transport.write(Buffer.concat(replies));
      replies = [];
      size = 0;
    };
    try {
      for (const request of this.parser.feed(data)) {
        size += this.execute(request, replies);
        if (size >= BATCH_BYTES) send();
        if (this.isPaused) break;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      encode(new Failure(`ERR Protocol error: ${error.message}`), replies);
      isLost = true;
    }
    send();
    if (isLost) this.transport.close();
  }

  /** Appends the reply to a request, and returns its size. */
  private execute(request: Buffer[], replies: Buffer[]): number {
    const reply = execute(this.keyspace, request);
    const size = sizeOf(reply);
    encode(size > MAX_REPLY_BYTES ? new Failure('ERR reply is too long') : reply, replies);
    return size;
  }

  // Backpressure: a client that does not read its replies sends no more requests, and those that it has sent wait in the parser.
  pauseWriting(): void {
    this.isPaused = true;
    this.transport.pauseReading();
  }

  resumeWriting(): void {
    this.isPaused = false;
    this.transport.resumeReading();
    this.replyTo(NOTHING);
  }
}

export function startRedis({ host, port }: Endpoint): Coroutine<Server> {
  const loop = getRunningLoop();
  const keyspace = new Keyspace(() => loop.time());
  createTask(sweep(keyspace), { name: 'sweep' });
  return createServer(() => new Client(keyspace), host, port, { backlog: 1024, maxConnections: MAX_CLIENTS });
}

function* sweep(keyspace: Keyspace): Steps<never> {
  for (;;) {
    yield* sleep(SWEEP_EVERY_MS);
    keyspace.sweep();
  }
}

await program(import.meta, (args) => serveUntilInterrupted('redis', () => startRedis(endpointOf(args, 7379))));
