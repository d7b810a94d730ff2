// Echo server with callbacks: a transport calls the methods of a protocol for each event of its connection.
// It calls dataReceived when data has arrived, and pauseWriting when its write buffer has reached the high-water mark.
// Watch the backpressure: while a peer does not read, the server does not read from it either, so its memory use is bounded.

import { type Coroutine, type Protocol, type Server, type Transport, createServer } from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, MAX_CLIENTS, endpointOf, serveUntilInterrupted } from './serving.js';

class Echo implements Protocol {
  private transport!: Transport;

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  dataReceived(data: Buffer): void {
    this.transport.write(data);
  }

  pauseWriting(): void {
    this.transport.pauseReading();
  }

  resumeWriting(): void {
    this.transport.resumeReading();
  }
}

export function startEcho({ host, port }: Endpoint): Coroutine<Server> {
  return createServer(() => new Echo(), host, port, { maxConnections: MAX_CLIENTS });
}

await program(import.meta, (args) => serveUntilInterrupted('echo', () => startEcho(endpointOf(args, 7007))));
