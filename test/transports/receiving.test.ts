/** Receiving, and the calls of the protocol that follow. */

import { describe, expect, it } from 'vitest';

import { type Transport, connectAcceptedSocket, createTask, getRunningLoop } from 'selectloop';

import { errorOf, everyLoop, expectQuiet, turns, waiting } from '../support/every-loop.js';
import { BufferedRecording, Recording, connected, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened, patterned, resetOnClose } from '../support/sockets.js';

describe.each(everyLoop)('receiving ($name)', ({ run }) => {
  it('connectionMade is called first, then the reader is registered, then the connecting task resumes', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      b.send(Buffer.from('early'));
      const readers: number[] = [];
      const protocol = new Recording({ connectionMade: () => readers.push(waiting().readers) });
      const connecting = createTask(() => connectAcceptedSocket(() => protocol, a));
      connecting.addDoneCallback(() => protocol.log.push(`connected ${waiting().readers}`));
      yield* until(() => protocol.log.length === 3);
      expect(readers).toEqual([0]);
      expect(protocol.log[0]).toBe('made');
      expect(protocol.log).toContain('connected 1');
      protocol.transport.abort();
      yield* protocol.lost;
    }));

  it('paused within connectionMade, it receives nothing until resumeReading', () =>
    run(function* () {
      using opened = new Opened();
      const protocol = new Recording({ connectionMade: (transport) => transport.pauseReading() });
      const { transport, peer } = yield* connected(opened, protocol);
      peer.send(Buffer.from('hello'));
      yield* turns(5);
      expect(waiting().readers).toBe(0);
      expect(protocol.log).toEqual(['made']);
      transport.resumeReading();
      yield* until(() => protocol.received === 'hello');
      transport.abort();
      yield* protocol.lost;
    }));

  it('pausing and resuming are idempotent; after close() resuming does nothing', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording());
      expect(transport.isReading()).toBe(true);
      for (let i = 0; i < 2; i += 1) {
        transport.pauseReading();
        expect(transport.isReading()).toBe(false);
        expect(waiting().readers).toBe(0);
      }
      peer.send(Buffer.from('one'));
      yield* turns(3);
      expect(protocol.received).toBe('');
      for (let i = 0; i < 2; i += 1) {
        transport.resumeReading();
        expect(transport.isReading()).toBe(true);
        expect(waiting().readers).toBe(1);
      }
      yield* until(() => protocol.received === 'one');
      transport.close();
      transport.resumeReading();
      transport.pauseReading();
      expect(transport.isReading()).toBe(false);
      expect(waiting().readers).toBe(0);
      yield* protocol.lost;
    }));

  it('a transport paused in the iteration in which data arrives does not receive it', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording());
      peer.send(Buffer.from('late'));
      getRunningLoop().callSoon(() => transport.pauseReading()); // runs before the reader, which is ready in the same iteration
      yield* turns(4);
      expect(protocol.received).toBe('');
      transport.abort();
      yield* protocol.lost;
    }));

  it('dataReceived receives at most 64 KiB at a time, in order, in buffers that are never overwritten', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      const sent = patterned(3_000_000);
      for (let offset = 0; offset < sent.length;) {
        const count = peer.sendEx(sent, offset, sent.length - offset);
        if (count > 0) offset += count;
        else yield* turns(1);
      }
      const size = (): number => protocol.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      yield* until(() => size() === sent.length);
      expect(Buffer.concat(protocol.chunks).equals(sent)).toBe(true);
      expect(Math.max(...protocol.chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(64 * 1024);
      transport.abort();
      yield* protocol.lost;
    }));

  it.each([false, undefined])('the transport is closed at EOF if eofReceived returns %s', (answer) =>
    run(function* () {
      using opened = new Opened();
      const { peer, protocol } = yield* connected(opened, new Recording({ eofReceived: () => answer }));
      peer.shutdown('write');
      expect(yield* protocol.lost).toBe(null);
      expect(protocol.log).toEqual(['made', 'eof', 'lost null']);
      expect(drained(peer)).toBe(null);
    }),
  );

  it('eofReceived returning true keeps it open for writing, and the loop quiet', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording({ eofReceived: () => true }));
      peer.shutdown('write');
      yield* until(() => protocol.log.includes('eof'));
      yield* expectQuiet(20);
      expect(waiting().readers).toBe(0);
      expect(transport.isReading()).toBe(false);
      transport.resumeReading(); // not paused, so this does nothing
      expect(waiting().readers).toBe(0);
      transport.write(Buffer.from('answer'));
      expect(drained(peer)).toBe('answer');
      transport.close();
      yield* protocol.lost;
      expect(protocol.log).toEqual(['made', 'eof', 'lost null']);
    }));

  it.each(['dataReceived', 'eofReceived'] as const)('%s throwing ends the connection with that error', (method) =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const broken = new Error('broken');
      const fail = (): never => {
        throw broken;
      };
      const { transport, peer, protocol } = yield* connected(opened, new Recording({ [method]: fail }));
      peer.send(Buffer.from('x'));
      peer.shutdown('write');
      expect(yield* protocol.lost).toBe(broken);
      expect(errors).toEqual([
        expect.objectContaining({
          message: `Fatal error: protocol.${method}() call failed.`,
          exception: broken,
          transport,
        }),
      ]);
      yield* turns(1);
      expect(drained(peer)).toBe(null);
    }),
  );

  it.each(['getBuffer', 'bufferUpdated'] as const)('%s throwing ends the connection with that error', (method) =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const broken = new Error('broken');
      const protocol = new BufferedRecording(Buffer.alloc(10));
      protocol[method] = () => {
        throw broken;
      };
      const { peer } = yield* connected(opened, protocol);
      peer.send(Buffer.from('x'));
      expect(yield* protocol.lost).toBe(broken);
      expect(errors.map(({ message }) => message)).toEqual([`Fatal error: protocol.${method}() call failed.`]);
    }),
  );

  it('an error in connectionMade is thrown to the caller that connects, and ends the connection', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const broken = new Error('broken');
      const [a, b] = opened.pair();
      const protocol = new Recording({
        connectionMade: () => {
          throw broken;
        },
      });
      expect(yield* errorOf(createTask(() => connectAcceptedSocket(() => protocol, a)))).toBe(broken);
      expect(yield* protocol.lost).toBe(broken);
      expect(drained(b)).toBe(null);
      expect(errors).toEqual([]);
    }));

  it('data and EOF lead to made, data, eof, lost; the peer receives all written bytes before EOF', () =>
    run(function* () {
      using opened = new Opened();
      const protocol: Recording = new Recording({ dataReceived: (data) => protocol.transport.write(data) });
      const { peer } = yield* connected(opened, protocol, opened.tcpPair());
      peer.send(Buffer.from('hi'));
      peer.shutdown('write');
      yield* protocol.lost;
      expect(protocol.log).toEqual(['made', 'data hi', 'eof', 'lost null']);
      yield* turns(2);
      expect(drained(peer)).toBe('hi');
      expect(drained(peer)).toBe(null);
    }));

  it('a reset by the peer loses the connection with ECONNRESET and is not reported', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const { peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      resetOnClose(peer);
      peer.close();
      expect(yield* protocol.lost).toMatchObject({ code: 'ECONNRESET', syscall: 'recv' });
      expect(protocol.log).toEqual(['made', 'lost ECONNRESET']);
      expect(errors).toEqual([]);
    }));

  it('a protocol of either kind can take over in the middle of the stream without losing bytes', () =>
    run(function* () {
      using opened = new Opened();
      const buffered = new BufferedRecording(Buffer.alloc(3));
      const plain: Recording = new Recording({ dataReceived: () => plain.transport.setProtocol(buffered) });
      const { transport, peer } = yield* connected(opened, plain);
      peer.send(Buffer.from('first'));
      yield* until(() => plain.received === 'first');
      expect(transport.getProtocol()).toBe(buffered);
      peer.send(Buffer.from('second'));
      yield* until(() => buffered.received === 'second');
      expect(buffered.hints).toContain(-1);
      expect(buffered.log).toEqual(['updated 3', 'updated 3']);
      transport.setProtocol(plain);
      peer.send(Buffer.from('third'));
      yield* until(() => plain.received === 'firstthird');
      peer.close();
      yield* until(() => buffered.log.length === 4); // `plain` has restored it in its last message
      expect(buffered.log.slice(2)).toEqual(['eof', 'lost null']);
      expect(transport.getProtocol()).toBe(null);
    }));

  it.each([
    ['an empty buffer', Buffer.alloc(0), 'ERR_INVALID_STATE'],
    ['something else', 'text' as unknown as Uint8Array, 'ERR_INVALID_ARG_TYPE'],
  ])('getBuffer returning %s ends the connection', (_, buffer, code) =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const { peer, protocol } = yield* connected(opened, new BufferedRecording(buffer));
      peer.send(Buffer.from('x'));
      expect(yield* protocol.lost).toMatchObject({ code });
      expect(protocol.log).toEqual(['made', `lost ${code}`]);
      expect(errors.map(({ message }) => message)).toEqual(['Fatal error: protocol.getBuffer() call failed.']);
    }),
  );

  it('a buffered protocol that closes in getBuffer gets no further bufferUpdated', () =>
    run(function* () {
      using opened = new Opened();
      const protocol = new BufferedRecording(Buffer.alloc(10));
      protocol.getBuffer = () => {
        protocol.transport.close();
        return protocol.buffer;
      };
      const { peer } = yield* connected(opened, protocol);
      peer.send(Buffer.from('x'));
      yield* protocol.lost;
      expect(protocol.log).toEqual(['made', 'lost null']);
    }));

  it('a transport that is closed in dataReceived receives nothing more', () =>
    run(function* () {
      using opened = new Opened();
      const protocol: Recording = new Recording({ dataReceived: () => protocol.transport.close() });
      const { peer } = yield* connected(opened, protocol, opened.tcpPair());
      peer.send(Buffer.from('one'));
      yield* protocol.lost;
      expect(protocol.log).toEqual(['made', 'data one', 'lost null']);
    }));

  it('bytes from a peer that sends them one at a time are received as they arrive', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      const text = 'byte by byte';
      for (const byte of Buffer.from(text)) {
        peer.send(Buffer.of(byte));
        yield* turns(2);
      }
      yield* until(() => protocol.received === text);
      transport.abort();
      yield* protocol.lost;
    }));

  it('each event causes one receive, even a short one', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      const receive = socket.recvEx.bind(socket);
      let calls = 0;
      socket.recvEx = (n: number) => {
        calls += 1;
        return receive(n);
      };
      for (let i = 1; i <= 3; i += 1) {
        peer.send(Buffer.from('x'));
        yield* until(() => protocol.chunks.length === i);
      }
      yield* turns(3);
      expect(calls).toBe(3);
      transport.abort();
      yield* protocol.lost;
    }));

  it('other code may not wait on the descriptor of an open transport, but may once the transport closes', () =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const { transport, socket, protocol } = yield* connected(opened, new Recording());
      const taken = /descriptor \d+ is used by transport/;
      for (const who of [socket, socket.fileno()]) {
        expect(() => loop.addReader(who, () => {})).toThrow(taken);
        expect(() => loop.addWriter(who, () => {})).toThrow(taken);
        expect(() => loop.removeReader(who)).toThrow(taken);
        expect(() => loop.removeWriter(who)).toThrow(taken);
      }
      const receiving = yield* errorOf(createTask(() => loop.sockRecv(socket, 10)));
      expect(receiving).toMatchObject({ code: 'ERR_INVALID_STATE', message: expect.stringMatching(taken) as string });
      const again = createTask(() => connectAcceptedSocket(() => new Recording(), socket));
      expect(yield* errorOf(again)).toMatchObject({ message: expect.stringMatching(taken) as string });
      expect(transport.isClosing()).toBe(false); // the second attempt has not closed the first one's socket
      transport.close();
      loop.addReader(socket, () => {});
      expect(loop.removeReader(socket)).toBe(true);
      yield* protocol.lost;
    }));
});

describe('transports', () => {
  it('from connectionMade and createConnection are the same object, of the public class', async () => {
    const { run, Transport: PublicTransport } = await import('selectloop');
    await run(function* () {
      using opened = new Opened();
      let given: Transport | null = null;
      const protocol = new Recording({ connectionMade: (made) => void (given = made) });
      const { transport } = yield* connected(opened, protocol);
      expect(given).toBe(transport);
      expect(transport).toBeInstanceOf(PublicTransport);
      transport.abort();
      yield* protocol.lost;
    });
  });
});
