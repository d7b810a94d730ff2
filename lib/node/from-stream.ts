/** Streams of Node's as ours. */

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
 * The reader and the writer of a Node stream: of a `net.Socket`, a file, a request. They own it from now on: do not read it, write
 * to it or listen to its 'data' beside them. What it has buffered is read first.
 *
 * While nobody reads, the stream is not read either, and its source has to wait; `drain` waits while more than 64 KiB stand in the
 * stream. `writer.close()` ends the stream, and destroys it when all is written; an error of the stream is thrown by whoever reads
 * or waits. A Readable that cannot be written to has a writer all the same, to close it with; it refuses to write.
 *
 * @throws LoopError ERR_NEEDS_HOST in a blocking loop; TypeError for what is no readable stream, or one of objects;
 * InvalidStateError for a stream that is destroyed already
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
