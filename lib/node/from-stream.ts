/** Turns Node streams into a reader and a writer. */

import { type Duplex, type Readable } from 'node:stream';

import { InvalidStateError, wrongType } from '../errors/index.js';
import { DuplexTransport, checkNodeRuns } from '../bridge/index.js';
import {
  StreamReader,
  type StreamReaderOptions,
  StreamReaderProtocol,
  StreamWriter,
  type Streams,
} from '../streams/index.js';
import { currentLoop } from '../tasks/current-loop.js';

/**
 * Returns a reader and a writer for a Node stream, such as a `net.Socket`, a file or a request. They own the stream: do not read it,
 * write to it or listen to its 'data' beside them. Bytes that the stream has already buffered are read first.
 *
 * Backpressure works in both directions: the stream is read only as fast as the reader, and `drain` waits while more than 64 KiB are
 * buffered in the stream. `writer.close()` ends the stream, and destroys it when everything is written. Reads, `drain` and `waitClosed`
 * throw the error of the stream. For a Readable that cannot be written to, the writer can only close it; its `write` throws.
 *
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError for anything but a readable stream of bytes; InvalidStateError for a
 *   stream that is already destroyed
 */
export function fromStream(stream: Duplex | Readable, options: StreamReaderOptions = {}): Streams {
  const loop = currentLoop();
  checkStream(stream);
  checkNodeRuns(loop, 'fromStream');
  const reader = new StreamReader(options);
  const protocol = new StreamReaderProtocol(reader);
  const socket = stream as Partial<Record<'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort', unknown>>;
  const info = (name: string): unknown => {
    if (name === 'stream') return stream;
    if (name === 'peername') return endpoint(socket.remoteAddress, socket.remotePort);
    if (name === 'sockname') return endpoint(socket.localAddress, socket.localPort);
    return null;
  };
  const transport = new DuplexTransport(loop, stream, protocol, info, { announce: false });
  protocol.connectionMade(transport);
  return { reader, writer: new StreamWriter(transport, protocol, reader) };
}

function checkStream(stream: unknown): asserts stream is Readable {
  const { readableObjectMode, writableObjectMode, destroyed } = (stream ?? {}) as Partial<Duplex>;
  if (typeof stream !== 'object' || readableObjectMode === undefined || typeof (stream as Readable).read !== 'function')
    throw wrongType('fromStream', 'a Readable or a Duplex of node:stream', stream);
  if (readableObjectMode || writableObjectMode)
    throw wrongType('fromStream', 'a stream of bytes', 'a stream of objects');
  if (destroyed === true) throw new InvalidStateError('fromStream: the stream is destroyed');
}

function endpoint(host: unknown, port: unknown): { host: string; port: number } | null {
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : null;
}
