/** An echo server on streams, with an async function for each connection. */

import { OSError, startServer } from 'selectloop';

import { CHUNK_BYTES, announce, backlog, serve } from './support.mjs';

async function echo(reader, writer) {
  try {
    for (;;) {
      const data = await reader.read(CHUNK_BYTES);
      if (data.length === 0) break;
      writer.write(data);
      await writer.drain();
    }
  } catch (error) {
    if (!(error instanceof OSError)) throw error;
  } finally {
    writer.close();
  }
}

await serve(async () => {
  const server = await startServer(echo, '127.0.0.1', 0, { backlog, limit: CHUNK_BYTES });
  announce(server.address);
  await server.serveForever();
});
