/** The pipes to a child: the streams that the program uses, and how an `await using` block closes them. */

import type { LoopCore } from '../loop/loop-core.js';
import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import type { Steps } from '../tasks/index.js';
import { Pipe } from '../transports/pipe-channel.js';
import { ReadPipeTransport } from '../transports/read-pipe-transport.js';
import { WritablePipe, WritePipeTransport } from '../transports/write-pipe-transport.js';

/** The parent's end of one pipe. */
export class ChildPipe<S extends StreamReader | StreamWriter> {
  constructor(
    readonly stream: S,
    private readonly transport: ReadPipeTransport | WritePipeTransport,
  ) {}

  /** Starts closing the pipe, whichever processes hold its other end. Unsent bytes are dropped. */
  abort(): void {
    this.transport.abort();
  }

  /** Waits until the descriptor is closed. */
  closed(): Steps<void> {
    return this.transport.life.whenClosed();
  }
}

/** Makes a reader for the reading end `fd`, which it owns; null if there is no pipe. */
export function readerPipe(
  loop: LoopCore,
  fd: number | null,
  limit: StreamReaderOptions,
): ChildPipe<StreamReader> | null {
  if (fd === null) return null;
  const reader = new StreamReader(limit);
  return new ChildPipe(reader, new ReadPipeTransport(loop, new Pipe(fd), new StreamReaderProtocol(reader)));
}

/** Makes a writer for the writing end `fd`, which it owns; null if there is no pipe. */
export function writerPipe(loop: LoopCore, fd: number | null): ChildPipe<StreamWriter> | null {
  if (fd === null) return null;
  const protocol = new StreamReaderProtocol(null);
  const transport = new WritePipeTransport(loop, new WritablePipe(fd), protocol, true);
  return new ChildPipe(new StreamWriter(transport, protocol, null), transport);
}
