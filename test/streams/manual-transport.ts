/** A transport whose events the test triggers. */

import { type Protocol, StreamReader, StreamReaderProtocol, StreamWriter, Transport, getRunningLoop } from 'selectloop';

export class ManualTransport extends Transport {
  readonly written: string[] = [];
  readonly calls: string[] = [];
  closing = false;

  constructor(readonly protocol: Protocol) {
    super();
  }

  /** The connection ends in the next iteration. */
  lose(error: unknown): void {
    this.closing = true;
    getRunningLoop().callSoon(() => this.protocol.connectionLost?.(error));
  }

  override write(data: Uint8Array): void {
    this.written.push(Buffer.from(data).toString());
  }

  override writelines(list: Iterable<Uint8Array>): void {
    for (const data of list) this.write(data);
  }

  override close(): void {
    if (!this.closing) this.lose(null);
  }

  override abort(): void {
    this.close();
  }

  override isClosing(): boolean {
    return this.closing;
  }

  override writeEof(): void {
    this.calls.push('writeEof');
  }

  override canWriteEof(): boolean {
    return true;
  }

  override getExtraInfo(name: string, fallback: unknown = null): never {
    return (name === 'color' ? 'blue' : fallback) as never;
  }

  override getProtocol(): Protocol {
    return this.protocol;
  }

  override setProtocol(): void {
    throw new Error('not here');
  }

  override isReading(): boolean {
    return !this.closing;
  }

  override pauseReading(): void {
    this.calls.push('pauseReading');
  }

  override resumeReading(): void {
    this.calls.push('resumeReading');
  }

  override getWriteBufferSize(): number {
    return 0;
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    return { low: 0, high: 0 };
  }

  override setWriteBufferLimits(): void {
    throw new Error('not here');
  }

  override toString(): string {
    return '<ManualTransport>';
  }
}

/** Streams on a manual transport. Inside a running loop. */
export function manualStreams(): {
  reader: StreamReader;
  writer: StreamWriter;
  transport: ManualTransport;
  protocol: StreamReaderProtocol;
} {
  const reader = new StreamReader({ limit: 10 });
  const protocol = new StreamReaderProtocol(reader);
  const transport = new ManualTransport(protocol);
  protocol.connectionMade(transport);
  return { reader, writer: new StreamWriter(transport, protocol, reader), transport, protocol };
}
