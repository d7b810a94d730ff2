/** Two streams that are connected to each other. */

import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import type { LoopCore } from '../loop/loop-core.js';
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
  const [left, right] = [newEnd(loop, options), newEnd(loop, options)];
  MemoryTransport.join(left.transport, right.transport);
  return [streamsOf(left), streamsOf(right)];
}

interface End {
  readonly reader: StreamReader;
  readonly protocol: StreamReaderProtocol;
  readonly transport: MemoryTransport;
}

function newEnd(loop: LoopCore, options: StreamReaderOptions): End {
  const reader = new StreamReader(options);
  const protocol = new StreamReaderProtocol(reader);
  return { reader, protocol, transport: new MemoryTransport(loop, protocol) };
}

function streamsOf({ reader, protocol, transport }: End): StreamPair {
  return { reader, writer: new StreamWriter(transport, protocol, reader) };
}
