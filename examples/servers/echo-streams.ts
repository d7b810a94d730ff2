// Echo server with streams: one generator coroutine for each connection.
// The code reads from top to bottom as if it blocked. At each yield* the other connections can run.
// Watch drain: it waits while too much data is buffered for a peer that does not read. Without it, such a peer could fill the memory.

import { type Coroutine, OSError, type Server, type Steps, type StreamReader, type StreamWriter } from 'selectloop';
import { startServer } from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, MAX_CLIENTS, endpointOf, serveUntilInterrupted } from './serving.js';

function* echo(reader: StreamReader, writer: StreamWriter): Steps<void> {
  try {
    for (;;) {
      const data = yield* reader.read(65_536);
      if (data.length === 0) break;
      writer.write(data);
      yield* writer.drain();
    }
    writer.close();
    yield* writer.waitClosed();
  } catch (error) {
    if (!(error instanceof OSError)) throw error; // a peer that goes away ends its own connection only
  } finally {
    writer.close();
  }
}

export function startEcho({ host, port }: Endpoint): Coroutine<Server> {
  return startServer(echo, host, port, { maxConnections: MAX_CLIENTS });
}

await program(import.meta, (args) => serveUntilInterrupted('echo', () => startEcho(endpointOf(args, 7007))));
