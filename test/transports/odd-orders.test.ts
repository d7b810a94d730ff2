/** Protocols that call the transport in unusual orders. */

import { describe, expect, it } from 'vitest';

import { connectAcceptedSocket, createTask } from 'selectloop';
import { toDuplex } from 'selectloop/node';

import { everyLoop, hostedLoops, turns } from '../support/every-loop.js';
import { Recording, connected, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

describe.each(hostedLoops)('a protocol that hands its connection over and throws ($name)', ({ run }) => {
  it('the error is reported, the duplex keeps the connection, and connectionLost is called once', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const broken = new Error('broken');
      const received: string[] = [];
      let duplex: ReturnType<typeof toDuplex> | null = null;
      const protocol: Recording = new Recording({
        dataReceived() {
          duplex = toDuplex(protocol.transport).on('data', (data: Buffer) => received.push(String(data)));
          throw broken;
        },
      });
      const { peer } = yield* connected(opened, protocol, opened.tcpPair());
      peer.send(Buffer.from('one'));
      yield* until(() => duplex !== null);
      peer.send(Buffer.from('two'));
      yield* until(() => received.length === 1);
      expect(received).toEqual(['two']);
      expect(errors.map(({ exception }) => exception)).toEqual([broken]);
      expect(protocol.log).toEqual(['made', 'data one']);
      duplex!.destroy();
      yield* protocol.lost;
      yield* turns(3);
      expect(protocol.log).toEqual(['made', 'data one', 'lost null']);
    }));
});

describe.each(everyLoop)('unusual orders of calls ($name)', ({ run }) => {
  it('a write in connectionMade pauses the protocol', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.narrowPair();
      const protocol = new Recording({
        connectionMade(transport) {
          transport.setWriteBufferLimits({ high: 10 });
          transport.write(Buffer.alloc(1_000_000));
        },
      });
      const connecting = createTask(() => connectAcceptedSocket(() => protocol, a));
      yield* until(() => protocol.log.length === 2);
      expect(protocol.log).toEqual(['made', 'pause']);
      (yield* connecting).transport.abort();
      yield* protocol.lost;
    }));

  it('writeEof in resumeWriting ends the stream once', () =>
    run(function* () {
      using opened = new Opened();
      const protocol: Recording = new Recording({ resumeWriting: () => protocol.transport.writeEof() });
      const { transport, socket, peer } = yield* connected(opened, protocol, opened.narrowPair());
      let shutdowns = 0;
      const shutdown = socket.shutdown.bind(socket);
      socket.shutdown = (how) => {
        shutdowns += 1;
        shutdown(how);
      };
      transport.setWriteBufferLimits({ high: 10, low: 0 });
      transport.write(Buffer.alloc(50_000, 'x'));
      let received = 0;
      yield* until(() => {
        const text = drained(peer);
        received += text?.length ?? 0;
        return text === null;
      });
      expect([received, shutdowns]).toEqual([50_000, 1]);
      transport.abort();
      yield* protocol.lost;
    }));
});
