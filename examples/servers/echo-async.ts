// Echo server with streams: one async function for each connection.
// The same as echo-streams.ts, with await instead of yield*. It needs a loop that runs on Node's (run, not runSync).
// Compare the two: here the JavaScript engine resumes the functions, there the library does.

import { type Coroutine, OSError, type Server, type StreamReader, type StreamWriter, startServer } from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, MAX_CLIENTS, endpointOf, serveUntilInterrupted } from './serving.js';

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for (;;) {
      const data = await reader.read(65_536);
      if (data.length === 0) break;
      writer.write(data);
      await writer.drain();
    }
    writer.close();
    await writer.waitClosed();
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
