/** A transport over a Node stream. */

import type { Duplex, Readable } from 'node:stream';

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { StartOptions } from '../transports/connection.js';
import type { StreamProtocol } from '../transports/contract.js';
import type { HandOver } from '../transports/hand-over.js';
import { StreamTransport } from '../transports/stream-transport.js';
import type { Wording } from '../transports/wording.js';
import { resetIfTcp } from './reset-stream.js';
import { DuplexEnd, type DuplexEndOptions } from './duplex-end.js';

/** Options of a transport over a stream. */
export interface DuplexTransportOptions extends StartOptions, DuplexEndOptions {
  /** Whether to call `connectionMade`. false if it has already been called. Default: true. */
  announce?: boolean;
}

const streamWording: Wording = {
  name: 'DuplexTransport',
  words: 'stream transport',
  lateWrite: 'write() to a stream that has ended.',
};

/** Moves bytes between a stream, which it owns, and a protocol. */
export class DuplexTransport extends StreamTransport<DuplexEnd> {
  /** @param info returns the facts for `getExtraInfo` */
  constructor(
    loop: LoopCore,
    stream: Duplex | Readable,
    protocol: StreamProtocol,
    private readonly info: (name: string) => unknown,
    options: DuplexTransportOptions = {},
    wording = streamWording,
  ) {
    super(loop, new DuplexEnd(loop, stream, options), protocol, wording, null);
    if (options.announce === false) this.life.openNow();
    else this.open(options);
  }

  protected override fact(name: string): unknown {
    return this.info(name);
  }

  /** A socket of the program's own, such as one of `fromStream`, is not in `getExtraInfo`. */
  protected override resetWhenClosed(): void {
    super.resetWhenClosed();
    resetIfTcp(this.end.stream);
  }

  override canWriteEof(): boolean {
    return this.end.sink !== null;
  }

  /** @internal See transports/hand-over.ts. */
  _handOver(method: string): HandOver | null {
    const { end } = this;
    const { sink } = end;
    if (sink === null) return null;
    return this.handOver(method, () => ({ underlying: sink, received: end.detach(), failure: 0 }));
  }

  protected override mayWrite(method: string, amount: number): boolean {
    if (this.end.sink === null) throw new InvalidStateError(`cannot call ${method}(): the stream is not writable`);
    return super.mayWrite(method, amount) && (this.end.sink.writable || this.dropWrite());
  }
}
