/** Echo and proxy: every byte that is sent comes back in order, or the connection reports an error. */

import { type Steps, createTask, openConnection } from 'selectloop';
import type { SimulatedHost, World } from 'selectloop/simulation';

import { startEcho } from '../../../examples/servers/echo-streams.js';
import { startProxy } from '../../../examples/servers/proxy.js';
import { OPTIONS, type Scenario, bytesOf, checkBytes, serving, trouble, untilDone, whenAllEnded } from './scenario.js';

const ANY = '0.0.0.0';

/**
 * Sends bytes in pieces of random sizes, and expects them back. Returns false if the connection has reported an error.
 *
 * The end of the stream means that everything was sent: a connection that ends early without an error has lost bytes silently.
 */
function* exchange(world: World, host: string, connection: number, total: number): Steps<boolean> {
  const { reader, writer } = yield* openConnection(host, 7);
  const sending = createTask(function* () {
    for (let sent = 0; sent < total;) {
      const count = Math.min(total - sent, 1 + Math.floor(world.random() * 5000));
      writer.write(bytesOf(connection, sent, count));
      sent += count;
      yield* writer.drain();
    }
    writer.writeEof();
  });
  let received = 0;
  try {
    for (;;) {
      const data = yield* reader.read(4096);
      if (data.length === 0) break;
      checkBytes(connection, received, data);
      received += data.length;
    }
    yield* sending;
  } finally {
    sending.cancel();
    writer.close();
  }
  if (received !== total)
    throw new Error(`connection ${connection} has ended after ${received} of ${total} bytes, without an error`);
  return true;
}

function clients(world: World, target: string): SimulatedHost[] {
  let connections = 0;
  return [1, 2].map((number) =>
    world.host(`client ${number}`, () => {
      const total = Math.floor(world.random() ** 3 * 30_000);
      return untilDone(() => exchange(world, target, (connections += 1), total));
    }),
  );
}

export const echo: Scenario = {
  options: OPTIONS,
  build(world) {
    const server = world.host(
      'server',
      serving(() => startEcho({ host: ANY, port: 7 })),
    );
    const hosts = clients(world, server.address);
    trouble(world, ['server', 'client 1', 'client 2']);
    return whenAllEnded(world, hosts);
  },
};

export const proxy: Scenario = {
  options: OPTIONS,
  build(world) {
    const server = world.host(
      'server',
      serving(() => startEcho({ host: ANY, port: 7 })),
    );
    const between = world.host(
      'proxy',
      serving(() => startProxy({ host: ANY, port: 7 }, { host: server.address, port: 7 })),
    );
    const hosts = clients(world, between.address);
    trouble(world, ['server', 'proxy', 'client 1', 'client 2']);
    return whenAllEnded(world, hosts);
  },
};
