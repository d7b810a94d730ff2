/** The transport of the reading end of a pipe. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import type { StartOptions } from './connection.js';
import type { StreamProtocol } from './contract.js';
import { type ChannelKind, DescriptorEnd } from './descriptor-end.js';
import type { Pipe } from './pipe-channel.js';
import { StreamTransport } from './stream-transport.js';

const kind: ChannelKind<Pipe> = {
  name: 'ReadPipeTransport',
  receives: 'read',
  sends: 'write',
  shutdown: () => undefined, // it never writes
};

const wording = {
  name: kind.name,
  words: 'pipe transport',
  lateWrite: 'pipe closed by peer or write() to it failed.',
};

/** Receives only. It has nothing to keep open for after EOF, so it closes whatever `eofReceived` returns. */
export class ReadPipeTransport extends StreamTransport<DescriptorEnd<Pipe>> {
  private readonly pipe: number;

  constructor(loop: LoopCore, pipe: Pipe, protocol: StreamProtocol, options: StartOptions = {}) {
    super(loop, new DescriptorEnd(loop, pipe, kind, null), protocol, wording, null);
    this.pipe = pipe.fileno();
    this.open(options);
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

  /** @internal Closes the transport at EOF, whatever `eofReceived` returned: a pipe has no other direction to keep open. */
  override _endReceived(): void {
    this.close();
  }
}

function cannotWrite(method: string): InvalidStateError {
  return new InvalidStateError(`${method}: this is the reading end of a pipe`);
}
