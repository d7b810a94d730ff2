/** An echo server on TLS: tls-echo.mjs KEY CERTIFICATE, PEM files. Ctrl-C stops it. */

import { readFileSync } from 'node:fs';

import { KeyboardInterrupt, run, startServer } from 'selectloop';

const [keyFile, certificateFile] = process.argv.slice(2);
const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };

async function echo(reader, writer) {
  for (let data = await reader.read(65536); data.length > 0; data = await reader.read(65536)) {
    writer.write(data);
    await writer.drain();
  }
  writer.close();
  await writer.waitClosed();
}

try {
  await run(async () => {
    const server = await startServer(echo, '127.0.0.1', 0, { tls });
    console.log(`echo on 127.0.0.1:${server.sockets[0].getsockname().port}`);
    await server.serveForever();
  });
} catch (error) {
  if (!(error instanceof KeyboardInterrupt)) throw error;
}
