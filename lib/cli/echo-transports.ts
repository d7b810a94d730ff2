/** Echo servers on transports: the loop moves the bytes, and calls a protocol or wakes a task (streams). */

import { OSError, isInstance } from '../errors/index.js';
import { getRunningLoop } from '../event-loop/index.js';
import { type Protocol, type Transport } from '../transports/index.js';
import { type Server, createServer } from '../servers/index.js';
import { type StreamReader, type StreamWriter, startServer } from '../streams/index.js';
import type { Socket } from '../sockets/index.js';
import type { Coroutine, Steps } from '../tasks/index.js';

/** The largest read. */
const CHUNK_BYTES = 65_536;

/** Sends back what it receives. Stops reading while the peer does not read, which bounds the memory. */
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

/** Serves connections of `listener` with protocols until cancelled. */
export function* serveProtocol(listener: Socket, backlog: number): Steps<never> {
  return yield* serveUntilCancelled(createServer(() => new EchoProtocol(), null, null, { socket: listener, backlog }));
}

/** Serves connections of `listener` with streams until cancelled, one task per connection. */
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
    // Errors of the peer, such as a reset, end the connection, not the server.
    if (!isInstance(error, OSError)) throw error;
  } finally {
    writer.close();
  }
}

/** Unlike `serveForever`, does not wait at the end until the last client has read all its bytes: Ctrl-C should stop it immediately. */
function* serveUntilCancelled(creating: Coroutine<Server>): Steps<never> {
  const server = yield* creating;
  try {
    return yield* getRunningLoop().createFuture<never>();
  } finally {
    server.close();
    server.abortClients();
  }
}
