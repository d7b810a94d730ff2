/** Datagram endpoints and long messages: only their sender's SO_SNDBUF limits UNIX ones. */

import {
  AF_UNIX,
  Future,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  SO_SNDBUF,
  createDatagramEndpoint,
  socketpair,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop, turns } from '../support/every-loop.js';
import { patterned } from '../support/sockets.js';

describe.each(everyLoop)('createDatagramEndpoint ($name)', (loop) => {
  it.each([
    ['SOCK_DGRAM', SOCK_DGRAM],
    ['SOCK_SEQPACKET', SOCK_SEQPACKET],
  ])('UNIX messages arrive whole, however long (%s)', (_, type) =>
    loop.run(function* () {
      const [a, b] = socketpair(AF_UNIX, type);
      using sender = b;
      sender.setBlocking(false);
      sender.setsockopt(SOL_SOCKET, SO_SNDBUF, 210_000); // the kernel doubles it; more needs a higher system limit
      const sizes = [3, 100_000, sender.getsockopt(SOL_SOCKET, SO_SNDBUF) - 20_000, 0, 5];
      expect(sizes[2]).toBeGreaterThan(300_000); // otherwise the test would show nothing
      const messages = sizes.filter((size) => size > 0 || type === SOCK_DGRAM).map((size) => patterned(size, size));
      const received: Buffer[] = [];
      let arrived = new Future<void>();
      const { transport } = yield* createDatagramEndpoint(
        () => ({
          datagramReceived: (data: Buffer) => {
            received.push(data);
            arrived.setResult();
          },
        }),
        { socket: a },
      );
      for (const message of messages) {
        arrived = new Future();
        expect(sender.send(message)).toBe(message.length);
        yield* arrived;
      }
      expect(received.map((data, i) => data.equals(messages[i]!))).toEqual(messages.map(() => true));
      transport.close();
      yield* turns(2);
    }),
  );
});
