// a TCP proxy with backpressure: a fast sender is slowed down to the pace of a slow reader
// Each connection is two transports. When one has too much to send, the other one stops reading, and TCP tells its peer to wait.
// Watch the memory (npm run test:clients sends 1 GiB through it): it is bounded by the watermarks, whatever is sent.

import { parseArgs } from 'node:util';

import {
  type BufferedProtocol,
  type Coroutine,
  type Server,
  type Steps,
  type Transport,
  createConnection,
  createServer,
  createTask,
} from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, serveUntilInterrupted } from './serving.js';

/**
 * All connections receive into the same buffer: a transport fills it and at once says so, and what is written on is copied if the
 * kernel does not take it. So nothing is allocated for a message.
 */
const buffer = Buffer.allocUnsafeSlow(65_536);

/** One of the two sides of a connection. */
class Side implements BufferedProtocol {
  transport: Transport | null = null;
  private hasEnded = false;
  private isLost = false;
  private other: Side | null = null;

  /** @param onMade called when the connection is there */
  constructor(private readonly onMade: (side: Side) => void) {}

  /** From now on, what one side receives the other one sends. */
  static join(one: Side, two: Side): void {
    one.other = two;
    two.other = one;
    for (const [side, other] of [
      [one, two],
      [two, one],
    ] as const) {
      if (side.isLost) other.transport?.abort();
      side.transport?.resumeReading();
    }
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.pauseReading(); // until there is somebody to send it to
    this.onMade(this);
  }

  getBuffer(): Buffer {
    return buffer;
  }

  bufferUpdated(byteCount: number): void {
    this.other!.transport!.write(buffer.subarray(0, byteCount));
  }

  pauseWriting(): void {
    this.other!.transport!.pauseReading();
  }

  resumeWriting(): void {
    this.other!.transport!.resumeReading();
  }

  /** Half of the connection is over: the other half goes on until it ends as well. */
  eofReceived(): boolean {
    this.hasEnded = true;
    const { transport } = this.other!;
    if (!this.other!.hasEnded) {
      transport!.writeEof();
      return true;
    }
    transport!.close(); // both have ended; what is left to send is still sent
    return false;
  }

  connectionLost(error: unknown): void {
    this.isLost = true;
    if (error === null) this.other?.transport?.close();
    else this.other?.transport?.abort();
  }
}

export function startProxy(listen: Endpoint, target: Endpoint): Coroutine<Server> {
  return createServer(() => new Side((client) => void createTask(connect(client, target))), listen.host, listen.port);
}

function* connect(client: Side, target: Endpoint): Steps<void> {
  try {
    const { protocol } = yield* createConnection(() => new Side(() => undefined), target.host, target.port);
    Side.join(client, protocol);
  } catch (error) {
    console.error(`no connection to ${target.host}:${target.port}: ${(error as Error).message}`);
    client.transport!.abort();
  }
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '7009' },
      'to-host': { type: 'string', default: '127.0.0.1' },
      'to-port': { type: 'string', default: '7007' },
    },
  });
  const target = { host: values['to-host'], port: Number(values['to-port']) };
  await serveUntilInterrupted('proxy', () => startProxy({ host: values.host, port: Number(values.port) }, target));
});
