/** An echo server with a buffered protocol: all connections receive into one buffer and send from it, without copying. */

import { createServer } from 'selectloop';

import { CHUNK_BYTES, announce, backlog, serve } from './support.mjs';

const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

class Echo {
  connectionMade(transport) {
    this.transport = transport;
  }

  getBuffer() {
    return buffer;
  }

  bufferUpdated(byteCount) {
    this.transport.write(buffer.subarray(0, byteCount)); // what the kernel does not accept is copied
  }

  pauseWriting() {
    this.transport.pauseReading();
  }

  resumeWriting() {
    this.transport.resumeReading();
  }
}

await serve(function* () {
  const server = yield* createServer(() => new Echo(), '127.0.0.1', 0, { backlog });
  announce(server.address);
  yield* server.serveForever();
});
