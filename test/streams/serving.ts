/** A server of streams on loopback, and clients of it. */

import {
  type ConnectionHandler,
  type Server,
  type StartServerOptions,
  type Steps,
  type StreamReader,
  type StreamWriter,
  type Streams,
  openConnection,
  startServer,
} from 'selectloop';

const bytes = (text: string): Buffer => Buffer.from(text);

/** Sends every line back, in capitals. */
export function* shout(reader: StreamReader, writer: StreamWriter): Steps<void> {
  for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
    writer.write(bytes(line.toString().toUpperCase()));
    yield* writer.drain();
  }
  writer.close();
}

export async function shoutAsync(reader: StreamReader, writer: StreamWriter): Promise<void> {
  await using _writer = writer;
  for await (const line of reader) {
    writer.write(bytes(line.toString().toUpperCase()));
    await writer.drain();
  }
}

/** Sends two requests, ends its side, and reads until EOF. */
export function* ask(reader: StreamReader, writer: StreamWriter): Steps<string> {
  writer.write(bytes('first\nsec'));
  const first = yield* reader.readline();
  writer.writelines([bytes('ond'), bytes('\nthird')]);
  writer.writeEof();
  return `${first.toString()}${(yield* reader.read()).toString()}`;
}

/** A server that a test has started. */
export interface Serving {
  readonly server: Server;
  readonly port: number;
}

/** Starts a server on a free port of loopback. */
export function* serve(handler: ConnectionHandler, options?: StartServerOptions): Steps<Serving> {
  const server = yield* startServer(handler, '127.0.0.1', 0, options);
  return { server, port: (server.sockets[0]!.getsockname() as { port: number }).port };
}

/** Connects to it. */
export function* connect({ port }: Serving): Steps<Streams> {
  return yield* openConnection('127.0.0.1', port);
}

/** Closes the writers in order, then the server, and waits for all of them. */
export function* closeAll({ server }: Serving, ...writers: StreamWriter[]): Steps<void> {
  for (const writer of writers) {
    writer.close();
    yield* writer.waitClosed();
  }
  server.close();
  server.closeClients();
  yield* server.waitClosed();
}
