/** Transports that are declared with `await using`. */

import { describe, expect, it } from 'vitest';

import { connectReadPipe, connectWritePipe, createDatagramEndpoint, run } from 'selectloop';
import { fromStream } from 'selectloop/node';
import { pipe } from 'selectloop/sockets';
import { memoryPair } from 'selectloop/testing';
import { PassThrough } from 'node:stream';

import { everyLoop } from '../support/every-loop.js';
import { Recording, connected, drained } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';

describe.each(everyLoop)('disposal of a transport ($name)', ({ run: runOn }) => {
  it('sends what was written, and returns when the socket is closed', () =>
    runOn(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      transport.write(Buffer.from('last words'));
      yield* transport[Symbol.asyncDispose]();
      expect(protocol.log).toEqual(['made', 'lost null']);
      expect(socket.fileno()).toBe(-1);
      expect(drained(peer)).toBe('last words');
      yield* transport[Symbol.asyncDispose](); // a second time it returns immediately
    }));
});

it('every kind of transport can be declared with "await using"', async () => {
  const lost: string[] = [];
  const protocol = (name: string): { connectionLost: () => void; datagramReceived: () => void } => ({
    connectionLost: () => lost.push(name),
    datagramReceived: () => undefined,
  });
  await run(async () => {
    const { read, write } = pipe();
    const [left, right] = memoryPair();
    {
      await using _reading = (await connectReadPipe(() => protocol('reading'), read)).transport;
      await using _writing = (await connectWritePipe(() => protocol('writing'), write)).transport;
      const address = { host: '127.0.0.1', port: 0 };
      await using _datagrams = (await createDatagramEndpoint(() => protocol('datagrams'), { localAddress: address }))
        .transport;
      await using stream = fromStream(new PassThrough()).writer.transport;
      stream.setProtocol(protocol('stream'));
      await using memory = left.writer.transport;
      memory.setProtocol(protocol('memory'));
    }
    expect(lost).toEqual(['memory', 'stream', 'datagrams', 'writing', 'reading']);
    right.writer.close();
    await right.writer.waitClosed();
  });
});
