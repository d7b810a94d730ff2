/** Sending, queueing, and refused writes. */

import { describe, expect, it } from 'vitest';

import { getRunningLoop } from 'selectloop';

import { everyLoop, turns, waiting } from '../support/every-loop.js';
import { Recording, connected, drained, errorsOfLoop, scriptedSend, until } from '../support/protocols.js';
import { Opened, fill, patterned } from '../support/sockets.js';

const EAGAIN = -11;
const EPIPE = -32;

describe.each(everyLoop)('sending ($name)', ({ run }) => {
  it('with an empty queue, a write is one immediate send and registers no writer', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      const asked = scriptedSend(socket, []);
      transport.write(Buffer.from('data'));
      expect(asked).toEqual(['data']);
      expect(waiting().writers).toBe(0);
      expect(transport.getWriteBufferSize()).toBe(0);
      expect(drained(peer)).toBe('data');
      transport.abort();
      yield* protocol.lost;
    }));

  it.each([
    ['takes 2 of 4 bytes', 2, 2],
    ['takes nothing', 0, 4],
    ['would block', EAGAIN, 4],
  ])('when the send %s, the rest waits for a writer', (_, result, left) =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      scriptedSend(socket, [result]);
      transport.write(Buffer.from('data'));
      expect(transport.getWriteBufferSize()).toBe(left);
      expect(waiting().writers).toBe(1);
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(waiting().writers).toBe(0);
      expect(drained(peer)).toBe('data');
      transport.abort();
      yield* protocol.lost;
    }),
  );

  it('queued bytes are a copy, so the buffer may be reused immediately', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      scriptedSend(socket, [EAGAIN]);
      const buffer = Buffer.from('right');
      transport.write(buffer);
      buffer.write('wrong');
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(drained(peer)).toBe('right');
      transport.abort();
      yield* protocol.lost;
    }));

  it('an empty write sends nothing; a write while others are queued is appended in order', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      const asked = scriptedSend(socket, [EAGAIN]);
      transport.write(Buffer.alloc(0));
      expect(asked).toEqual([]);
      for (const text of ['one ', 'two ', 'three']) transport.write(Buffer.from(text));
      expect(asked).toEqual(['one ']);
      expect(transport.getWriteBufferSize()).toBe(13);
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(asked).toEqual(['one ', 'one two three']); // one send for all
      expect(drained(peer)).toBe('one two three');
      transport.abort();
      yield* protocol.lost;
    }));

  it('rejects anything but bytes with a TypeError, and sends nothing', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording());
      for (const wrong of ['text', 5, null, undefined, [1], new ArrayBuffer(2)]) {
        expect(() => transport.write(wrong as never)).toThrow(TypeError);
        expect(() => transport.writelines([Buffer.from('x'), wrong as never])).toThrow(TypeError);
      }
      expect(() => transport.writelines(5 as never)).toThrow(/expected an iterable of Buffers, got 5/);
      expect(() => transport.setProtocol(null as never)).toThrow(TypeError);
      expect(drained(peer)).toBe('');
      transport.abort();
      yield* protocol.lost;
    }));

  it.each([
    ['at once', []],
    ['later', [EAGAIN]],
  ])('a send that fails %s ends the connection and drops the queue', (_, before) =>
    run(function* () {
      using opened = new Opened();
      const loop = getRunningLoop();
      const errors = errorsOfLoop();
      loop.setDebug(true);
      const { transport, socket, protocol } = yield* connected(opened, new Recording());
      scriptedSend(socket, [...before, EPIPE]);
      transport.write(Buffer.from('data'));
      expect(yield* protocol.lost).toMatchObject({ code: 'EPIPE', syscall: 'send' });
      expect(protocol.log).toEqual(['made', 'lost EPIPE']);
      expect(transport.getWriteBufferSize()).toBe(0);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect(errors.map(({ message }) => message)).toEqual(['Fatal write error on socket transport']); // in debug mode only
    }),
  );

  it('writes to a lost connection are dropped, and from the fifth on each is reported', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const { transport, protocol } = yield* connected(opened, new Recording());
      transport.abort();
      yield* protocol.lost;
      for (let i = 0; i < 4; i += 1) transport.write(Buffer.from('x'));
      expect(errors).toEqual([]);
      transport.write(Buffer.from('x'));
      transport.writelines([Buffer.from('x')]);
      expect(errors.map(({ message }) => message)).toEqual(Array(2).fill('socket.send() raised exception.'));
      expect(protocol.log).toEqual(['made', 'lost null']);
    }));

  it('writelines is one gathering send, whose rest is queued', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      const asked = scriptedSend(socket, []);
      const lines = ['data1', '', 'data2'].map((text) => Buffer.from(text));
      transport.writelines(lines);
      expect(asked).toEqual(['data1|data2']);
      expect(waiting().writers).toBe(0);
      expect(drained(peer)).toBe('data1data2');
      scriptedSend(socket, [2, 6]);
      transport.writelines(new Set(lines));
      expect(transport.getWriteBufferSize()).toBe(8);
      expect(waiting().writers).toBe(1);
      transport.writelines([Buffer.from('!')]);
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(drained(peer)).toBe('data1data2!');
      transport.abort();
      yield* protocol.lost;
    }));

  it('bytes written in pauseWriting follow all the buffers of writelines', () =>
    run(function* () {
      using opened = new Opened();
      const hooks = { pauseWriting: () => transport.write(Buffer.from('X')) };
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording(hooks));
      transport.setWriteBufferLimits({ high: 5 });
      scriptedSend(socket, [EAGAIN]);
      transport.write(Buffer.from('abc')); // queued, but below the high watermark
      transport.writelines([Buffer.from('AAAA'), Buffer.from('BBBB')]);
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(drained(peer)).toBe('abcAAAABBBBX');
      transport.abort();
      yield* protocol.lost;
    }));

  it('writelines can pause the protocol, and thousands of buffers arrive in order', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.narrowPair());
      const lines = Array.from({ length: 5000 }, (_, i) => Buffer.from(`line ${i} of many\n`));
      transport.writelines(lines);
      expect(protocol.log).toEqual(['made', 'pause']);
      let received = '';
      const expected = Buffer.concat(lines).toString();
      while (received.length < expected.length) {
        received += drained(peer) ?? '';
        yield* turns(1);
      }
      expect(received).toBe(expected);
      expect(protocol.log).toEqual(['made', 'pause', 'resume']);
      transport.abort();
      yield* protocol.lost;
    }));

  it('writeEof half-closes once, after pending writes; writing is then an error', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording());
      expect(transport.canWriteEof()).toBe(true);
      const shutdowns: string[] = [];
      const shutdown = socket.shutdown.bind(socket);
      socket.shutdown = (how) => {
        shutdowns.push(how);
        shutdown(how);
      };
      scriptedSend(socket, [EAGAIN]);
      transport.write(Buffer.from('last'));
      transport.writeEof();
      transport.writeEof();
      expect(shutdowns).toEqual([]);
      expect(() => transport.write(Buffer.from('x'))).toThrow('cannot call write() after writeEof()');
      expect(() => transport.writelines([Buffer.from('x')])).toThrow('cannot call writelines() after writeEof()');
      yield* until(() => shutdowns.length > 0);
      transport.writeEof();
      expect(shutdowns).toEqual(['write']);
      expect(drained(peer)).toBe('last');
      expect(drained(peer)).toBe(null);
      peer.send(Buffer.from('still heard'));
      yield* until(() => protocol.received === 'still heard');
      transport.close();
      transport.writeEof(); // no effect after close()
      yield* protocol.lost;
    }));

  it('with an empty queue, writeEof is immediate; after close() it does nothing', () =>
    run(function* () {
      using opened = new Opened();
      const first = yield* connected(opened, new Recording());
      first.transport.writeEof();
      expect(drained(first.peer)).toBe(null);
      first.transport.abort();
      const second = yield* connected(opened, new Recording());
      second.transport.close();
      second.transport.writeEof();
      second.transport.write(Buffer.from('dropped')); // not an error: it counts as a late write
      yield* second.protocol.lost;
      yield* first.protocol.lost;
    }));

  it('close() sends the queue, and then connectionLost is called once', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.narrowPair());
      const data = patterned(100_000);
      transport.write(data);
      expect(transport.getWriteBufferSize()).toBeGreaterThan(0);
      transport.close();
      transport.close();
      expect(transport.isClosing()).toBe(true);
      expect(waiting()).toEqual({ readers: 0, writers: 1 });
      yield* turns(3);
      expect(protocol.log).toEqual(['made', 'pause']);
      const chunks: Buffer[] = [];
      for (let size = 0; size < data.length;) {
        const chunk = peer.recvEx(65_536);
        if (typeof chunk === 'number') yield* turns(1);
        else {
          chunks.push(chunk);
          size += chunk.length;
        }
      }
      expect(Buffer.concat(chunks).equals(data)).toBe(true);
      expect(yield* protocol.lost).toBe(null);
      expect(protocol.log).toEqual(['made', 'pause', 'resume', 'lost null']);
    }));

  it('abort() drops the queue and closes once, in the next iteration, even after close()', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording(), opened.narrowPair());
      fill(socket);
      transport.write(Buffer.from('never sent'));
      transport.close();
      transport.abort();
      transport.abort();
      expect(transport.getWriteBufferSize()).toBe(0);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect(protocol.log).toEqual(['made']); // connectionLost is not called inside abort()
      yield* protocol.lost;
      yield* turns(1);
      expect(protocol.log).toEqual(['made', 'lost null']);
      expect(socket.fileno()).toBe(-1);
      expect(transport.getProtocol()).toBe(null);
      expect(drained(peer)).toMatch(/^\.+$/);
      transport.close();
      transport.resumeReading();
      transport.setProtocol(new Recording());
      expect(transport.getProtocol()).toBe(null);
    }));

  it('one watermark sets the other', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, protocol } = yield* connected(opened, new Recording());
      const limits = (given?: { high?: number; low?: number }): number[] => {
        transport.setWriteBufferLimits(given);
        const { low, high } = transport.getWriteBufferLimits();
        return [low, high];
      };
      expect(Object.values(transport.getWriteBufferLimits())).toEqual([16_384, 65_536]);
      expect(limits({ high: 1000 })).toEqual([250, 1000]);
      expect(limits({ low: 1000 })).toEqual([1000, 4000]);
      expect(limits({ high: 0 })).toEqual([0, 0]);
      expect(limits({ low: 10, high: 20 })).toEqual([10, 20]);
      expect(limits()).toEqual([16_384, 65_536]);
      for (const wrong of [{ low: 2, high: 1 }, { high: -1 }, { low: -1 }, { high: NaN }]) {
        expect(() => transport.setWriteBufferLimits(wrong)).toThrow(RangeError);
      }
      expect(() => transport.setWriteBufferLimits({ high: '1' as never })).toThrow(TypeError);
      expect(Object.values(transport.getWriteBufferLimits())).toEqual([16_384, 65_536]);
      transport.abort();
      yield* protocol.lost;
    }));

  it('the protocol is paused above the high watermark and resumed at the low one; new limits apply immediately', () =>
    run(function* () {
      using opened = new Opened();
      const sizes: number[] = [];
      const protocol: Recording = new Recording({
        resumeWriting: () => sizes.push(protocol.transport.getWriteBufferSize()),
      });
      const { transport, socket, peer } = yield* connected(opened, protocol);
      scriptedSend(socket, [EAGAIN, 5, 2]);
      transport.setWriteBufferLimits({ high: 10, low: 5 });
      transport.write(Buffer.alloc(10));
      expect(protocol.log).toEqual(['made']); // exactly at the high watermark does not pause
      transport.write(Buffer.alloc(1));
      transport.write(Buffer.alloc(1));
      expect(protocol.log).toEqual(['made', 'pause']);
      yield* until(() => transport.getWriteBufferSize() === 0);
      expect(protocol.log).toEqual(['made', 'pause', 'resume']);
      expect(sizes).toEqual([5]); // and not at the 7 before
      expect(drained(peer)?.length).toBe(12);
      scriptedSend(socket, [EAGAIN]);
      transport.write(Buffer.alloc(3));
      transport.setWriteBufferLimits({ high: 2 });
      expect(protocol.log.at(-1)).toBe('pause');
      transport.abort();
      yield* protocol.lost;
    }));

  it('an error in pauseWriting or resumeWriting is reported, and the connection continues', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const fail = (): never => {
        throw new Error('broken');
      };
      const protocol = new Recording({ pauseWriting: fail, resumeWriting: fail });
      const { transport, socket, peer } = yield* connected(opened, protocol);
      transport.setWriteBufferLimits({ high: 0 });
      scriptedSend(socket, [EAGAIN]);
      transport.write(Buffer.from('data'));
      yield* until(() => protocol.log.includes('resume'));
      expect(errors.map(({ message }) => message)).toEqual([
        'protocol.pauseWriting() failed',
        'protocol.resumeWriting() failed',
      ]);
      expect(drained(peer)).toBe('data');
      transport.abort();
      yield* protocol.lost;
    }));

  it('resumeWriting may write again, close and abort', () =>
    run(function* () {
      using opened = new Opened();
      for (const end of ['write', 'close', 'abort'] as const) {
        const protocol: Recording = new Recording({
          resumeWriting() {
            protocol.transport.write(Buffer.from(' more'));
            if (end !== 'write') protocol.transport[end]();
          },
        });
        const { transport, socket, peer } = yield* connected(opened, protocol);
        transport.setWriteBufferLimits({ high: 0 });
        scriptedSend(socket, [EAGAIN]);
        transport.write(Buffer.from('data'));
        yield* until(() => protocol.log.includes('resume'));
        if (end === 'write') transport.close();
        yield* protocol.lost;
        expect(drained(peer)).toBe('data more');
        expect(protocol.log.at(-1)).toBe('lost null');
        expect(waiting()).toEqual({ readers: 0, writers: 0 });
      }
    }));
});
