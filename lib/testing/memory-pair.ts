/** Two streams that are connected to each other. */

import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { MemoryTransport } from './memory-transport.js';

/** One end of a connection. */
export interface StreamPair {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

/**
 * Two ends of a connection in memory: what one writer writes, the other's reader reads. For code that is given a reader and a
 * writer, without a socket, a port or a descriptor.
 *
 * It behaves as a connection does: bytes arrive in a later iteration, `drain` waits while the other side does not read (more than
 * 64 KiB being on their way), closing one end ends what the other reads, and writing to an end that is gone fails with EPIPE.
 * Close both ends. Close waits for the other end to take what was written before.
 *
 * @param options of both readers
 * @throws LoopError ERR_NO_RUNNING_LOOP outside of a run; RangeError for a bad limit
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
