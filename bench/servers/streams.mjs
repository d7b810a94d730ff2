/** An echo server on streams, with a generator coroutine for each connection. */

import { OSError, startServer } from 'selectloop';

import { CHUNK_BYTES, announce, backlog, serve } from './support.mjs';

function* echo(reader, writer) {
  try {
    for (;;) {
      const data = yield* reader.read(CHUNK_BYTES);
      if (data.length === 0) break;
      writer.write(data);
      yield* writer.drain();
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
