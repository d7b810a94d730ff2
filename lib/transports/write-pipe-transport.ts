/**
 * The transport of the writing end of a pipe.
 *
 * Nothing is ever received from it, but the kernel reports it as readable once the last reading end is closed. Watching for that
 * notifies the protocol that a child has exited or closed its stdin, even while the protocol writes nothing.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { EPIPE } from '../sockets/errno.js';
import type { StartOptions } from './connection.js';
import type { StreamProtocol } from './contract.js';
import { type ChannelKind, DescriptorEnd } from './descriptor-end.js';
import { Pipe } from './pipe-channel.js';
import { StreamTransport } from './stream-transport.js';

const kind: ChannelKind<WritablePipe> = {
  name: 'WritePipeTransport',
  receives: 'write',
  sends: 'write',
  shutdown: () => undefined, // see `_shutdown`
};

const wording = {
  name: kind.name,
  words: 'pipe transport',
  lateWrite: 'pipe closed by peer or write() to it failed.',
};

/** The writing end of a pipe. Readable means broken: the last reading end is closed. */
export class WritablePipe extends Pipe {
  override recvEx(): number {
    return EPIPE;
  }
}

/** Sends only. */
export class WritePipeTransport extends StreamTransport<DescriptorEnd<WritablePipe>> {
  private readonly pipe: number;

  /** @param watched false for a descriptor that is not a pipe, and may be readable for other reasons */
  constructor(
    loop: LoopCore,
    pipe: WritablePipe,
    protocol: StreamProtocol,
    private readonly watched: boolean,
    options: StartOptions = {},
  ) {
    super(loop, new DescriptorEnd(loop, pipe, kind, null), protocol, wording, null);
    this.pipe = pipe.fileno();
    this.open(options);
  }

  protected override fact(name: string): unknown {
    return name === 'pipe' ? this.pipe : undefined;
  }

  override isReading(): boolean {
    return false;
  }

  override pauseReading(): void {
    // There is nothing to pause.
  }

  override resumeReading(): void {
    // Nor to resume.
  }

  /** @internal Closes the pipe, because a reader reads EOF only when the last writing end is closed. */
  override _shutdown(): void {
    this.close();
  }

  /** @internal The loss of the last reader is an error only if bytes were still to be sent. */
  override _failed(error: unknown, during: 'read' | 'write'): void {
    if (during === 'read' && this.sender.size === 0) this.life.loseSoon(null);
    else super._failed(error, during);
  }

  /** @internal Watches a pipe for the loss of its last reader, which makes it readable. Other descriptors are not watched. */
  override _startReceiving(awaited: boolean): void {
    if (this.watched) super._startReceiving(awaited);
  }

  /** @internal Ignored, because a receiver with a BufferedProtocol would call its `getBuffer`. */
  override _useProtocol(): void {
    this.receiver.useProtocol({});
  }
}
