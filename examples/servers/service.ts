// A web service that runs in production: it stops in order, under systemd it is restarted without a refused connection, and it uses
// several cores. One module is everything: alone it listens on its address, and as a worker or a service on the socket it was passed.
// Watch the pids while you reload it with SIGHUP: each worker is replaced after the new one serves, and no request fails.

import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { run, serveWorkers, sleep } from 'selectloop';
import { serveHttp } from 'selectloop/node';

import { program } from '../support/program.js';
import { announce } from './serving.js';

/** `GET /` says which process answers; `GET /slow` takes a second, as long as a stop or a restart may not cut off. */
async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  if (request.url === '/slow') await sleep(1000);
  response.end(`answered by ${process.pid}\n`);
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '7012' },
      workers: { type: 'string', default: '0' },
    },
  });
  const { host } = values;
  const [port, workers] = [Number(values.port), Number(values.workers)];
  await run(async () => {
    if (workers > 0) {
      await serveWorkers(workers, fileURLToPath(import.meta.url), { host, port, listenFds: true });
    } else {
      const server = http.createServer((request, response) => void answer(request, response));
      const serving = await serveHttp(server, host, port, { listenFds: true });
      announce(`service, process ${process.pid},`, serving.address);
      await serving.serveUntil(['SIGINT', 'SIGTERM'], { graceMs: 3000 });
    }
  });
});
