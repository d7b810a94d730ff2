/** The whole, as the two halves of a transport see it. */

/** What a reader and a writer report to their transport. */
export interface TransportOwner {
  /** A system call has failed, and with it the connection. `during` says what was tried: 'read' or 'write'. */
  _connectionFailed(error: unknown, during: 'read' | 'write'): void;
  /** The system call that receives, or sends: errors name it. */
  _syscall(direction: 'reader' | 'writer'): string;
  /** A method of the protocol threw; the connection ends. */
  _protocolFailed(error: unknown, method: string): void;
  /** A method of the protocol threw that has nothing to do with the bytes; the connection goes on. */
  _protocolComplains(error: unknown, method: string): void;
  /** The descriptor is being closed by somebody else. */
  _descriptorClosed(): void;
  /** Everything that was written has been sent. */
  _writerDrained(): void;
  /** The peer has ended its side; `keepOpen` is what the protocol wants. */
  _endReceived(keepOpen: boolean): void;
  toString(): string;
}
