// a server that redis-cli, redis-benchmark and the clients of Redis can talk to
// It knows PING ECHO SET GET MGET DEL INCR EXPIRE TTL KEYS CONFIG GET and COMMAND, and keeps everything in memory.
// Watch pipelining: all requests that came in one piece are answered with one write.

import { type Coroutine, type Protocol, type Server, type Steps, type Transport } from 'selectloop';
import { createServer, createTask, getRunningLoop, sleep } from 'selectloop';

import { program } from '../../support/program.js';
import { type Endpoint, endpointOf, serveUntilInterrupted } from '../serving.js';
import { execute } from './commands.js';
import { Keyspace } from './keyspace.js';
import { Failure, ProtocolError, RequestParser, encode } from './resp.js';

/** How often keys that have expired, and that nobody asks for, are forgotten. */
const SWEEP_EVERY_MS = 1000;

/** One client. */
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

  // A client that sends requests and does not read the replies has to wait.
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
