// A server for redis-cli, redis-benchmark and other clients of Redis.
// It implements PING ECHO SET GET MGET DEL INCR EXPIRE TTL KEYS CONFIG GET and COMMAND, and keeps everything in memory.
// Watch pipelining: the replies to all requests that arrive in one chunk are sent in one write.

import { type Coroutine, type Protocol, type Server, type Steps, type Transport } from 'selectloop';
import { createServer, createTask, getRunningLoop, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { type Endpoint, endpointOf, serveUntilInterrupted } from '../serving.js';
import { execute } from './commands.js';
import { Keyspace } from './keyspace.js';
import { Failure, ProtocolError, RequestParser, encode } from './resp.js';

/** The time between two removals of expired keys. (A request that accesses an expired key also removes it.) */
const SWEEP_EVERY_MS = 1000;

/** The connection of one client. */
class Client implements Protocol {
  private readonly parser = new RequestParser();
  private transport!: Transport;

  constructor(private readonly keyspace: Keyspace) {}

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  dataReceived(data: Buffer): void {
    const replies: Buffer[] = [];
    let isLost = false;
    try {
      for (const request of this.parser.feed(data)) encode(execute(this.keyspace, request), replies);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      encode(new Failure(`ERR Protocol error: ${error.message}`), replies);
      isLost = true;
    }
    if (replies.length > 0) this.transport.write(Buffer.concat(replies));
    if (isLost) this.transport.close();
  }

  // Backpressure: no more requests are read from a client that does not read its replies.
  pauseWriting(): void {
    this.transport.pauseReading();
  }

  resumeWriting(): void {
    this.transport.resumeReading();
  }
}

export function startRedis({ host, port }: Endpoint): Coroutine<Server> {
  const loop = getRunningLoop();
  const keyspace = new Keyspace(() => loop.time());
  createTask(sweep(keyspace), { name: 'sweep' });
  return createServer(() => new Client(keyspace), host, port, { backlog: 1024 });
}

function* sweep(keyspace: Keyspace): Steps<never> {
  for (;;) {
    yield* sleep(SWEEP_EVERY_MS);
    keyspace.sweep();
  }
}

await program(import.meta, (args) => serveUntilInterrupted('redis', () => startRedis(endpointOf(args, 7379))));
