/** The pipes to a child: the stream that the program uses, and what closes it at the end of an `await using` block. */

import type { LoopCore } from '../loop/loop-core.js';
import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import type { Steps } from '../tasks/index.js';
import { Pipe } from '../transports/pipe-channel.js';
import { ReadPipeTransport } from '../transports/read-pipe-transport.js';
import { WritablePipe, WritePipeTransport } from '../transports/write-pipe-transport.js';

/** Our end of one pipe. */
export class ChildPipe<S extends StreamReader | StreamWriter> {
  constructor(
    readonly stream: S,
    private readonly transport: ReadPipeTransport | WritePipeTransport,
  ) {}

  /** Begins to close it, whatever holds the other end; what was not sent is dropped. */
  abort(): void {
    this.transport.abort();
  }

  /** Returns when the descriptor is closed. */
  closed(): Steps<void> {
    return this.transport.life.whenClosed();
  }
}

/** Reads from the reading end `fd`, which it owns from now on; null if there is none. */
export function readerPipe(
  loop: LoopCore,
  fd: number | null,
  limit: StreamReaderOptions,
): ChildPipe<StreamReader> | null {
  if (fd === null) return null;
  const reader = new StreamReader(limit);
  return new ChildPipe(reader, new ReadPipeTransport(loop, new Pipe(fd), new StreamReaderProtocol(reader)));
}

/** Writes to the writing end `fd`, which it owns from now on; null if there is none. */
export function writerPipe(loop: LoopCore, fd: number | null): ChildPipe<StreamWriter> | null {
  if (fd === null) return null;
  const protocol = new StreamReaderProtocol(null);
  const transport = new WritePipeTransport(loop, new WritablePipe(fd), protocol, true);
  return new ChildPipe(new StreamWriter(transport, protocol, null), transport);
}
