/** Connects and returns a reader and a writer. */

import { ownOptions, checkNames, optionNames } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import type { Connection } from '../transports/start-transport.js';
import {
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  connectionFor,
  unixConnectionFor,
} from '../connections/create-connection.js';
import { checkLimit } from './inbox.js';
import { StreamReaderProtocol } from './stream-reader-protocol.js';
import { StreamReader, type StreamReaderOptions } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';
import { CONNECTION_NAMES, UNIX_CONNECTION_NAMES } from '../connections/option-names.js';

/** Both directions of a connection. */
export interface Streams {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

/** Options of `openConnection`: how to connect, and the limit of the reader. */
export interface OpenConnectionOptions extends CreateConnectionOptions, StreamReaderOptions {}

const OPTIONS = optionNames<OpenConnectionOptions>({ ...CONNECTION_NAMES, limit: true });

/** Options of `openUnixConnection`: how to connect, and the limit of the reader. */
export interface OpenUnixConnectionOptions extends CreateUnixConnectionOptions, StreamReaderOptions {}

const UNIX_OPTIONS = optionNames<OpenUnixConnectionOptions>({ ...UNIX_CONNECTION_NAMES, limit: true });

function readerFor({ method }: CallSite, { limit }: StreamReaderOptions): StreamReader {
  return new StreamReader({ limit: checkLimit(limit, method) });
}

function* streamSteps(reader: StreamReader, connecting: Coroutine<Connection<StreamReaderProtocol>>): Steps<Streams> {
  const { transport, protocol } = yield* connecting;
  return { reader, writer: new StreamWriter(transport, protocol, reader) };
}

/**
 * Connects to a host and port, and returns a reader and a writer. The caller must close the writer.
 *
 * Takes all options of `createConnection`. Cancelling it leaves no socket open.
 *
 * @throws TypeError or RangeError for misuse, immediately. When awaited: OSError such as ECONNREFUSED; ResolutionError
 *
 * @example
 * import { openConnection, run, startServer } from 'selectloop';
 *
 * await run(async () => {
 *   const server = await startServer((_, writer) => {
 *     writer.write(Buffer.from('welcome'));
 *     writer.close();
 *   }, '127.0.0.1', 0);
 *   const { reader, writer } = await openConnection('127.0.0.1', server.port);
 *   console.log(String(await reader.read())); // welcome
 *   writer.close();
 *   await writer.waitClosed();
 *   server.close();
 * });
 */
export function openConnection(
  host: string | null,
  port: number | null,
  given: OpenConnectionOptions = {},
): Coroutine<Streams> {
  checkNames('openConnection: options', given, OPTIONS);
  const options = ownOptions('openConnection: options', given);
  const call = new CallSite(openConnection, 'openConnection');
  const reader = readerFor(call, options);
  const connecting = connectionFor(call, () => new StreamReaderProtocol(reader), host, port, options);
  return new Coroutine(streamSteps(reader, connecting), 'openConnection');
}

/** Connects to a UNIX socket: a path, or a name in the abstract namespace, which begins with '\0'. Otherwise like {@link openConnection}. */
export function openUnixConnection(
  path: string | Uint8Array | null,
  given: OpenUnixConnectionOptions = {},
): Coroutine<Streams> {
  checkNames('openUnixConnection: options', given, UNIX_OPTIONS);
  const options = ownOptions('openUnixConnection: options', given);
  const call = new CallSite(openUnixConnection, 'openUnixConnection');
  const reader = readerFor(call, options);
  const connecting = unixConnectionFor(call, () => new StreamReaderProtocol(reader), path, options);
  return new Coroutine(streamSteps(reader, connecting), 'openUnixConnection');
}
