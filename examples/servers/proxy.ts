// A TCP proxy with backpressure: a fast sender is slowed down to the pace of a slow reader.
// Each connection has two transports. When one has too much to send, the other stops reading, and TCP's flow control stops its peer.
// Watch the memory (npm run test:clients sends 1 GiB through the proxy): the watermarks bound it, however much is sent.

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
import { type Endpoint, MAX_CLIENTS, serveUntilInterrupted } from './serving.js';

/**
 * All connections receive into the same buffer, so that no buffer is allocated per message. That is safe because a transport calls
 * `bufferUpdated` right after it has filled the buffer, and `write` copies what the kernel does not accept.
 */
const buffer = Buffer.allocUnsafeSlow(65_536);

/** How the other side learns that bytes are lost: the end of the stream would look as if everything had been sent. */
const RESET = { reset: true } as const;

/** One of the two sides of a connection. */
class Side implements BufferedProtocol {
  transport: Transport | null = null;
  private hasEnded = false;
  private isLost = false;
  private other: Side | null = null;

  /** @param onMade called when the connection is established */
  constructor(private readonly onMade: (side: Side) => void) {}

  /** Connects two sides: from now on, each sends what the other receives. */
  static join(one: Side, two: Side): void {
    one.other = two;
    two.other = one;
    for (const [side, other] of [
      [one, two],
      [two, one],
    ] as const) {
      if (side.isLost) other.transport?.abort(RESET);
      side.transport?.resumeReading();
    }
  }

  connectionMade(transport: Transport): void {
    this.transport = transport;
    transport.pauseReading(); // until the other side is connected
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

  /** Passes a half-close on. The opposite direction continues until it also ends. */
  eofReceived(): boolean {
    this.hasEnded = true;
    const { transport } = this.other!;
    if (!this.other!.hasEnded) {
      transport!.writeEof();
      return true;
    }
    transport!.close(); // both directions have ended; buffered data is still sent
    return false;
  }

  connectionLost(error: unknown): void {
    this.isLost = true;
    if (error === null) this.other?.transport?.close();
    else this.other?.transport?.abort(RESET);
  }
}

export function startProxy(listen: Endpoint, target: Endpoint): Coroutine<Server> {
  const newSide = (): Side => new Side((client) => void createTask(connect(client, target)));
  return createServer(newSide, listen.host, listen.port, { maxConnections: MAX_CLIENTS / 2 }); // each has two descriptors
}

function* connect(client: Side, target: Endpoint): Steps<void> {
  try {
    const { protocol } = yield* createConnection(() => new Side(() => undefined), target.host, target.port);
    Side.join(client, protocol);
  } catch (error) {
    console.error(`no connection to ${target.host}:${target.port}: ${(error as Error).message}`);
    client.transport!.abort(RESET);
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
