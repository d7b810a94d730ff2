/** A transport that a program wrote: the library cannot know that there is a socket below it. */

import { type Protocol, Transport, type WriteBufferLimits } from 'selectloop';

/** Delegates to another transport, whose protocol it is. */
export class UserTransport extends Transport implements Protocol {
  private inner: Transport | null = null;

  constructor(private protocol: Protocol) {
    super();
  }

  // --- The protocol of the transport below -----------------------------------------------------------------------------

  connectionMade(inner: Transport): void {
    this.inner = inner;
    this.protocol.connectionMade?.(this);
  }

  dataReceived(data: Buffer): void {
    this.protocol.dataReceived?.(data);
  }

  eofReceived(): boolean | void {
    return this.protocol.eofReceived?.();
  }

  pauseWriting(): void {
    this.protocol.pauseWriting?.();
  }

  resumeWriting(): void {
    this.protocol.resumeWriting?.();
  }

  connectionLost(error: unknown): void {
    this.protocol.connectionLost?.(error);
  }

  // --- The transport ---------------------------------------------------------------------------------------------------

  private get below(): Transport {
    if (this.inner === null) throw new Error('there is no connection yet');
    return this.inner;
  }

  override getProtocol(): Protocol {
    return this.protocol;
  }

  override setProtocol(protocol: Protocol): void {
    this.protocol = protocol;
  }

  override getExtraInfo(name: string, fallback: unknown = null): never {
    return (name === 'socket' ? fallback : this.below.getExtraInfo(name, fallback)) as never;
  }

  override toString(): string {
    return '<UserTransport>';
  }

  override isClosing(): boolean {
    return this.below.isClosing();
  }

  override close(): void {
    this.below.close();
  }

  override abort(): void {
    this.below.abort();
  }

  override isReading(): boolean {
    return this.below.isReading();
  }

  override pauseReading(): void {
    this.below.pauseReading();
  }

  override resumeReading(): void {
    this.below.resumeReading();
  }

  override write(data: Uint8Array): void {
    this.below.write(data);
  }

  override writelines(list: Iterable<Uint8Array>): void {
    this.below.writelines(list);
  }

  override writeEof(): void {
    this.below.writeEof();
  }

  override canWriteEof(): boolean {
    return this.below.canWriteEof();
  }

  override getWriteBufferSize(): number {
    return this.below.getWriteBufferSize();
  }

  override getWriteBufferLimits(): { low: number; high: number } {
    return this.below.getWriteBufferLimits();
  }

  override setWriteBufferLimits(limits?: WriteBufferLimits): void {
    this.below.setWriteBufferLimits(limits);
  }
}
