/** Programs for simulated hosts. */

import { type Steps, type StreamReader, type StreamWriter, OSError, openConnection, startServer } from 'selectloop';
import type { Program } from 'selectloop/simulation';

function* echo(reader: StreamReader, writer: StreamWriter): Steps<void> {
  try {
    for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
      writer.write(line);
      yield* writer.drain();
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  } finally {
    writer.close();
  }
}

/** Echoes lines on port 7 of the host `server`, until it is cancelled. */
export function* echoServer(): Steps<void> {
  const server = yield* startServer(echo, '10.0.0.1', 7);
  yield* server.serveForever();
}

/** Returns a program that sends lines to the echo server, and expects them back. */
export function echoClient(lines: number, onLine: (line: number) => void = () => undefined): Program {
  return function* () {
    const { reader, writer } = yield* openConnection('10.0.0.1', 7);
    try {
      for (let i = 1; i <= lines; i += 1) {
        writer.write(Buffer.from(`line ${i}\n`));
        const line = String(yield* reader.readline());
        if (line !== `line ${i}\n`) throw new Error(`expected line ${i}, got ${JSON.stringify(line)}`);
        onLine(i);
      }
    } finally {
      writer.close();
    }
    yield* writer.waitClosed();
  };
}
