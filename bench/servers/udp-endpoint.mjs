/** A UDP echo server on a datagram endpoint. */

import { createDatagramEndpoint, getRunningLoop } from 'selectloop';

import { announce, serve } from './support.mjs';

class Echo {
  connectionMade(transport) {
    this.transport = transport;
  }

  datagramReceived(data, address) {
    this.transport.sendTo(data, address);
  }
}

await serve(function* () {
  const localAddress = { host: '127.0.0.1', port: 0 };
  const { transport } = yield* createDatagramEndpoint(() => new Echo(), { localAddress });
  announce(transport.getExtraInfo('sockname'));
  yield* getRunningLoop().createFuture();
});
