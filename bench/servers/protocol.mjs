/** An echo server with a protocol: the transport calls `dataReceived`. */

import { createServer } from 'selectloop';

import { announce, backlog, serve } from './support.mjs';

class Echo {
  connectionMade(transport) {
    this.transport = transport;
  }

  dataReceived(data) {
    this.transport.write(data);
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
