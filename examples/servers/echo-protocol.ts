// echo with callbacks: a protocol is told what happens to its connection
// A transport moves the bytes; it calls dataReceived when some have come, and pauseWriting when the peer does not take its own.
// Watch how the two meet: a peer that does not read is not read from either, and the memory it can cost stays bounded.

import { type Coroutine, type Protocol, type Server, type Transport, createServer } from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, endpointOf, serveUntilInterrupted } from './serving.js';

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
  return createServer(() => new Echo(), host, port);
}

await program(import.meta, (args) => serveUntilInterrupted('echo', () => startEcho(endpointOf(args, 7007))));
