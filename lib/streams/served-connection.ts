/** The protocol of a connection that a server has accepted: hands its streams to the server's program. */

import type { Transport } from '../transports/contract.js';
import { StreamReaderProtocol } from './stream-reader-protocol.js';
import { StreamReader, type StreamReaderOptions } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';

/** Calls `onStreams` in `connectionMade`. */
export class ServedConnection extends StreamReaderProtocol {
  override readonly _isServerSide = true;
  private reader: StreamReader | null;

  constructor(
    options: StreamReaderOptions,
    private readonly onStreams: (reader: StreamReader, writer: StreamWriter) => void,
  ) {
    const reader = new StreamReader(options);
    super(reader);
    this.reader = reader;
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport);
    const reader = this.reader!;
    this.reader = null; // the program now owns the streams, and may drop them
    this.onStreams(reader, new StreamWriter(transport, this, reader));
  }
}
