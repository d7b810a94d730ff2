/** The protocols under test: each passes its calls to its end, which checks them. */

import type { BufferedProtocol, Protocol, Transport } from 'selectloop';

import type { End } from './end.js';
import type { Shape } from './program.js';

/** A protocol of an end. One that was replaced by `setProtocol` is a different object, which is how a late call is noticed. */
export interface FuzzProtocol extends Protocol {
  readonly shape: Shape;
}

export function makeProtocol(end: End, shape: Shape): FuzzProtocol {
  return shape.buffered === null ? new Plain(end, shape) : new Buffered(end, shape, shape.buffered);
}

class Plain implements FuzzProtocol {
  constructor(
    protected readonly end: End,
    readonly shape: Shape,
  ) {}

  connectionMade(transport: Transport): void {
    this.end.connectionMade(this, transport);
  }

  dataReceived(data: Buffer): void {
    this.end.dataReceived(this, data);
  }

  eofReceived(): boolean {
    return this.end.eofReceived(this);
  }

  pauseWriting(): void {
    this.end.pauseWriting(this);
  }

  resumeWriting(): void {
    this.end.resumeWriting(this);
  }

  connectionLost(error: unknown): void {
    this.end.connectionLost(this, error);
  }
}

/** Hands out the same buffer again and again, and overwrites it when it has been read. */
class Buffered extends Plain implements BufferedProtocol {
  private readonly buffer: Buffer;

  constructor(end: End, shape: Shape, size: number) {
    super(end, shape);
    this.buffer = Buffer.alloc(size);
  }

  getBuffer(): Uint8Array {
    this.end.getBuffer(this);
    return this.buffer;
  }

  bufferUpdated(count: number): void {
    this.end.bufferUpdated(this, this.buffer.subarray(0, count));
    this.buffer.fill(0xdd, 0, count);
  }
}
