/** Echo servers on transports: the loop moves the bytes, and calls back (protocol) or wakes a task (streams). */

import { OSError } from '../errors/index.js';
import { getRunningLoop } from '../event-loop/index.js';
import { type Protocol, type Transport } from '../transports/index.js';
import { type Server, createServer } from '../servers/index.js';
import { type StreamReader, type StreamWriter, startServer } from '../streams/index.js';
import type { Socket } from '../sockets/index.js';
import type { Coroutine, Steps } from '../tasks/index.js';

/** How much one read takes. */
const CHUNK_BYTES = 65_536;

/** Sends back what it receives. While the peer does not take it, it receives no more: memory stays bounded. */
class EchoProtocol implements Protocol {
  private transport: Transport | null = null;

  connectionMade(transport: Transport): void {
    this.transport = transport;
  }

  dataReceived(data: Buffer): void {
    this.transport!.write(data);
  }

  pauseWriting(): void {
    this.transport!.pauseReading();
  }

  resumeWriting(): void {
    this.transport!.resumeReading();
  }
}

/** Serves connections of `listener` with protocols until it is cancelled. */
export function* serveProtocol(listener: Socket, backlog: number): Steps<never> {
  return yield* serveUntilCancelled(createServer(() => new EchoProtocol(), null, null, { socket: listener, backlog }));
}

/** Serves connections of `listener` with streams, one task a connection, until it is cancelled. */
export function* serveStreams(listener: Socket, backlog: number): Steps<never> {
  return yield* serveUntilCancelled(startServer(echo, null, null, { socket: listener, backlog }));
}

function* echo(reader: StreamReader, writer: StreamWriter): Steps<void> {
  try {
    for (;;) {
      const data = yield* reader.read(CHUNK_BYTES);
      if (data.length === 0) break;
      writer.write(data);
      yield* writer.drain();
    }
    writer.close();
    yield* writer.waitClosed();
  } catch (error) {
    // A peer that goes away in the middle is its own business: the connection ends, the server does not.
    if (!(error instanceof OSError)) throw error;
  } finally {
    writer.close();
  }
}

/** Not `serveForever`, which in the end waits for the last client to take all its bytes: Ctrl-C should stop this one at once. */
function* serveUntilCancelled(creating: Coroutine<Server>): Steps<never> {
  const server = yield* creating;
  try {
    return yield* getRunningLoop().createFuture<never>();
  } finally {
    server.close();
    server.abortClients();
  }
}
