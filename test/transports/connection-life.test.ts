/** The order, the context and the end of a connection's protocol calls. */

import {
  ContextVar,
  type Steps,
  connectAcceptedSocket,
  createTask,
  getRunningLoop,
  newEventLoop,
  runSync,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { SocketTransport } from '../../lib/transports/socket-transport.js';
import { everyLoop, turns } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { Recording, connected } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

describe('a connection that is lost while opening', () => {
  const seeds = Array.from({ length: 16 }, (_, seed) => seed);

  it.each(['abort', 'close'] as const)(
    'gets connectionMade before connectionLost in any order of handles (%s)',
    (end) => {
      function* main(): Steps<string[]> {
        using opened = new Opened();
        const protocol = new Recording();
        const [socket] = opened.pair();
        new SocketTransport(getRunningLoop(), socket, protocol, {})[end]();
        yield* protocol.lost;
        yield* turns(3);
        return protocol.log;
      }
      for (const shuffle of seeds) {
        const log = runSync(main, { loopFactory: () => virtualLoop({ shuffle }) });
        expect(log, `seed ${shuffle}`).toEqual(['made', 'lost null']);
      }
    },
  );
});

describe.each(everyLoop)('the life of a connection ($name)', ({ run }) => {
  it.each(['abort', 'close'] as const)('connectionLost runs in the context of the code that connected (%s)', (end) =>
    run(function* () {
      using opened = new Opened();
      const who = new ContextVar<string>('who');
      who.set('connector');
      let seen = '';
      const protocol = new Recording({ connectionLost: () => (seen = who.get()) });
      const { transport } = yield* connected(opened, protocol);
      yield* createTask(function* () {
        who.set('closer');
        transport[end]();
        yield;
      });
      yield* protocol.lost;
      expect(seen).toBe('connector');
    }),
  );
});

describe('a connection whose loop has closed', () => {
  it('is disposed of without waiting, even if bytes are unsent', () => {
    using opened = new Opened();
    const loop = newEventLoop();
    const errors = collectErrors(loop);
    const { transport } = loop.runUntilComplete(connectAcceptedSocket(() => ({}), opened.narrowPair()[0]));
    transport.write(Buffer.alloc(1_000_000));
    expect(transport.getWriteBufferSize()).toBeGreaterThan(0);
    loop.close();
    expect(errors).toHaveLength(1); // unclosed transport
    runSync(function* () {
      yield* transport[Symbol.asyncDispose]();
    });
    expect(transport.isClosing()).toBe(true);
    expect(transport.getWriteBufferSize()).toBe(0);
  });
});
