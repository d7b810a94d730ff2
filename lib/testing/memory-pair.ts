/** A pair of streams connected to each other in memory. */

import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { MemoryTransport } from './memory-transport.js';

/** The reader and writer of one end. */
export interface StreamPair {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

/**
 * Returns the two ends of a connection in memory: each reader reads the bytes of the other end's writer. For testing code that takes a
 * reader and a writer, without a socket, a port or a descriptor.
 *
 * It behaves like a real connection. Bytes arrive in a later iteration. `drain` waits while more than 64 KiB are in flight because the
 * other end does not read. Closing one end gives the other EOF. Writing to a closed end fails with EPIPE. Close both ends; a close
 * completes when the other end has received all pending writes.
 *
 * @param options the options of both readers
 * @throws LoopError ERR_NO_RUNNING_LOOP outside of a run; RangeError for a bad limit
 *
 * @example
 * import { run } from 'selectloop';
 * import { memoryPair } from 'selectloop/testing';
 *
 * await run(async () => {
 *   const [a, b] = memoryPair();
 *   a.writer.write(Buffer.from('hello\n'));
 *   console.log(String(await b.reader.readline()).trim()); // hello
 *   a.writer.close();
 *   b.writer.close();
 * });
 */
export function memoryPair(options: StreamReaderOptions = {}): [StreamPair, StreamPair] {
  const loop = currentLoop();
  const readers = [new StreamReader(options), new StreamReader(options)] as const;
  const protocols = [new StreamReaderProtocol(readers[0]), new StreamReaderProtocol(readers[1])] as const;
  const transports = MemoryTransport.pair(loop, ...protocols);
  const streamsOf = (i: 0 | 1): StreamPair => ({
    reader: readers[i],
    writer: new StreamWriter(transports[i], protocols[i], readers[i]),
  });
  return [streamsOf(0), streamsOf(1)];
}
