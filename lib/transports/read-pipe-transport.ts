/** The transport of the reading end of a pipe. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { StreamProtocol } from './contract.js';
import type { PipeEnd } from './pipe-end.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';

const kind = {
  name: 'ReadPipeTransport',
  receives: 'read',
  sends: 'write',
  words: 'pipe transport',
  lateWrite: 'pipe closed by peer or write() to it failed.',
} as const;

/** Receives; it cannot send, so its end is the end of it, whatever the protocol would like. */
export class ReadPipeTransport extends StreamTransport<PipeEnd> {
  private readonly pipe: number;

  constructor(loop: LoopCore, end: PipeEnd, protocol: StreamProtocol, options: StreamTransportOptions = {}) {
    super(loop, end, protocol, kind, options);
    this.pipe = end.fileno();
  }

  protected override fact(name: string): unknown {
    return name === 'pipe' ? this.pipe : undefined;
  }

  override write(): never {
    throw cannotWrite('write');
  }

  override writelines(): never {
    throw cannotWrite('writelines');
  }

  override writeEof(): never {
    throw cannotWrite('writeEof');
  }

  override canWriteEof(): boolean {
    return false;
  }

  /** @internal */
  override _endReceived(): void {
    this.close();
  }

  protected override endWriting(): void {
    // It never writes.
  }
}

function cannotWrite(method: string): InvalidStateError {
  return new InvalidStateError(`${method}: this is the reading end of a pipe`);
}
