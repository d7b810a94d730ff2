/** What an endpoint reports of datagrams that were lost. */

import { AF_INET, SOCK_DGRAM, Socket, type Steps, createDatagramEndpoint, getRunningLoop, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';

class Silent {
  datagramReceived(): void {}
}

/** The address of a port on which no socket receives. */
function closedPort(): { host: string; port: number } {
  const socket = new Socket(AF_INET, SOCK_DGRAM);
  socket.bind({ host: '127.0.0.1', port: 0 });
  const { host, port } = socket.getsockname() as { host: string; port: number };
  socket.close();
  return { host, port };
}

describe.each(everyLoop)('a datagram that is lost ($name)', (kind) => {
  it('is reported, with the address, if the protocol has no errorReceived', () =>
    kind.run(function* (): Steps<void> {
      const errors = collectErrors(getRunningLoop());
      const remoteAddress = closedPort();
      const { transport, protocol } = yield* createDatagramEndpoint(() => new Silent(), { remoteAddress });
      transport.sendTo(Buffer.alloc(70_000));
      transport.sendTo(Buffer.from('hello'));
      yield* until(() => errors.length > 1);
      const target = { address: remoteAddress.host, port: remoteAddress.port };
      const message = 'a datagram was lost (a protocol with errorReceived() gets such errors)';
      expect(errors.map((error) => [error.message, error.exception])).toMatchObject([
        [message, { code: 'EMSGSIZE', syscall: 'sendto', ...target }],
        [message, { code: 'ECONNREFUSED', syscall: 'recvfrom', ...target }],
      ]);
      for (const error of errors) expect(error['transport'] === transport && error['protocol'] === protocol).toBe(true);
      transport.sendTo(Buffer.from('the endpoint stays open'));
      expect(transport.isClosing()).toBe(false);
      yield* sleep(1);
      transport.close();
    }));
});
