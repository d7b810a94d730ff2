/** An echo server on streams that reads into one buffer, with a generator coroutine for each connection. */

import { OSError, startServer } from 'selectloop';

import { CHUNK_BYTES, announce, backlog, serve } from './support.mjs';

// Shared: what is read is written before another connection can read, and a write keeps nothing of it.
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

function* echo(reader, writer) {
  try {
    for (let count; (count = yield* reader.readInto(buffer)) > 0; yield* writer.drain()) {
      writer.write(buffer.subarray(0, count));
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  } finally {
    writer.close();
  }
}

await serve(function* () {
  const server = yield* startServer(echo, '127.0.0.1', 0, { backlog, limit: CHUNK_BYTES });
  announce(server.address);
  yield* server.serveForever();
});
