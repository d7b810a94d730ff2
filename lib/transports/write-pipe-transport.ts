/**
 * The transport of the writing end of a pipe.
 *
 * Nothing is ever received from it, but the kernel reports it as readable once nobody can read the pipe any more. So it has a
 * reader as well, for that: the protocol hears of a child that has ended, or has closed its stdin, also while it writes nothing.
 */

import type { LoopCore } from '../loop/loop-core.js';
import { nativeConstant } from '../sockets/native-constant.js';
import type { StreamProtocol } from './contract.js';
import { PipeEnd } from './pipe-end.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';

const EPIPE = -nativeConstant('EPIPE');

const kind = {
  name: 'WritePipeTransport',
  receives: 'write',
  sends: 'write',
  words: 'pipe transport',
  lateWrite: 'pipe closed by peer or write() to it failed.',
} as const;

/** The writing end, as its reader sees it: readable means broken. */
export class WritableEnd extends PipeEnd {
  override recvEx(): number {
    return EPIPE;
  }
}

/** Sends; it cannot receive. */
export class WritePipeTransport extends StreamTransport<WritableEnd> {
  private readonly pipe: number;

  /** @param watched false for what is no pipe, and may be readable for other reasons */
  constructor(
    loop: LoopCore,
    end: WritableEnd,
    protocol: StreamProtocol,
    private readonly watched: boolean,
    options: StreamTransportOptions = {},
  ) {
    super(loop, end, protocol, kind, options);
    this.pipe = end.fileno();
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

  /** @internal That nobody reads any more is an error only for what was still to be read. */
  override _connectionFailed(error: unknown, during: 'read' | 'write'): void {
    if (during === 'read' && this.writer.size === 0) this.lose(null);
    else super._connectionFailed(error, during);
  }

  protected override startReading(): void {
    if (this.watched) super.startReading();
  }

  protected override listen(_protocol: StreamProtocol): void {
    this.reader.setProtocol({}); // a BufferedProtocol would be asked for a buffer
  }

  /** The peer reads the end when the last writing end is closed. */
  protected override endWriting(): void {
    this.close();
  }
}
