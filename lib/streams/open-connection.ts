/** Connecting, with streams on our side. */

import { Coroutine, type Steps } from '../tasks/index.js';
import type { Connection } from '../transports/start-transport.js';
import {
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  createConnection,
  createUnixConnection,
} from '../connections/create-connection.js';
import { StreamReaderProtocol } from './stream-reader-protocol.js';
import { StreamReader, type StreamReaderOptions } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';

/** Both directions of a connection. */
export interface Streams {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

/** How to connect, and the limit of the reader. */
export interface OpenConnectionOptions extends CreateConnectionOptions, StreamReaderOptions {}

/** How to connect to a path, and the limit of the reader. */
export interface OpenUnixConnectionOptions extends CreateUnixConnectionOptions, StreamReaderOptions {}

function* streamSteps(reader: StreamReader, connecting: Coroutine<Connection<StreamReaderProtocol>>): Steps<Streams> {
  const { transport, protocol } = yield* connecting;
  return { reader, writer: new StreamWriter(transport, protocol, reader) };
}

/**
 * Connects to a host and port; returns a reader and a writer. Close the writer in the end.
 *
 * OSError ECONNREFUSED and the like; ResolutionError; TypeError and RangeError for misuse, at once. Cancelled, it leaves nothing
 * behind. Everything that `createConnection` can be told it can be told as well.
 */
export function openConnection(
  host: string | null,
  port: number | null,
  options: OpenConnectionOptions = {},
): Coroutine<Streams> {
  const reader = new StreamReader(options);
  const connecting = createConnection(() => new StreamReaderProtocol(reader), host, port, options);
  return new Coroutine(streamSteps(reader, connecting), 'openConnection');
}

/** Connects to a UNIX socket: a path, or a name of the abstract namespace, which begins with '\0'. Otherwise like {@link openConnection}. */
export function openUnixConnection(path: string | null, options: OpenUnixConnectionOptions = {}): Coroutine<Streams> {
  const reader = new StreamReader(options);
  const connecting = createUnixConnection(() => new StreamReaderProtocol(reader), path, options);
  return new Coroutine(streamSteps(reader, connecting), 'openUnixConnection');
}
