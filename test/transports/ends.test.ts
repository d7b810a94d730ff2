/** The ends of connections: misbehaving peers and programs, and no leaks afterwards. */

import { describe, expect, it } from 'vitest';

import { CancelledError, createTask, fatal, getRunningLoop, newEventLoop, runSync } from 'selectloop';
import { AF_UNIX, IPPROTO_TCP, TCP_NODELAY } from 'selectloop/sockets';

import { everyLoop, turns, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { BufferedRecording, Recording, connected, drained, errorsOfLoop, until } from '../support/protocols.js';
import { Opened, patterned, resetOnClose } from '../support/sockets.js';

describe.each(everyLoop)('the end of a connection ($name)', ({ run, runOn, selector }) => {
  it('what is written after close() is not sent', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      const length = 10_000_000;
      transport.write(Buffer.alloc(length, 'x'));
      transport.close();
      transport.write(Buffer.from('late'));
      let received = 0;
      let tail = '';
      while (!protocol.lost.done() || received < length) {
        const text = drained(peer);
        if (text !== null && text !== '') [received, tail] = [received + text.length, text.slice(-4)];
        yield* turns(1);
      }
      expect([received, tail]).toEqual([length, 'xxxx']);
    }));

  it('a reset by the peer during a long write loses the connection with that error', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const { transport, peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      transport.write(Buffer.alloc(20_000_000));
      expect(transport.getWriteBufferSize()).toBeGreaterThan(0);
      yield* turns(2);
      resetOnClose(peer);
      peer.close();
      expect((yield* protocol.lost) as { code: string }).toMatchObject({ code: /ECONNRESET|EPIPE/ as never });
      expect(transport.getWriteBufferSize()).toBe(0);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect(errors).toEqual([]);
    }));

  it('a peer that never reads pauses the protocol, leaves the loop idle, and is ended by abort()', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      transport.write(Buffer.alloc(20_000_000));
      yield* until(() => protocol.log.includes('pause'));
      transport.close();
      yield* turns(5);
      expect(protocol.lost.done()).toBe(false);
      transport.abort();
      yield* protocol.lost;
    }));

  it('an echo through one reused buffer is exact even when the write queue fills', () =>
    run(function* () {
      using opened = new Opened();
      const protocol: BufferedRecording = new BufferedRecording(Buffer.alloc(1000));
      protocol.bufferUpdated = (count) => protocol.transport.write(protocol.buffer.subarray(0, count));
      const { transport, peer } = yield* connected(opened, protocol, opened.narrowPair());
      const sent = patterned(60_000);
      const chunks: Buffer[] = [];
      let [offset, size] = [0, 0];
      for (let turn = 0; size < sent.length; turn += 1) {
        if (offset < sent.length) offset += Math.max(peer.sendEx(sent, offset, sent.length - offset), 0);
        if (turn % 5 === 0) {
          const chunk = peer.recvEx(3000);
          if (typeof chunk !== 'number') [size] = [size + chunk.length, chunks.push(chunk)];
        }
        yield* turns(1);
      }
      expect(Buffer.concat(chunks).equals(sent)).toBe(true);
      transport.abort();
      yield* protocol.lost;
    }));

  it('after close() no call of the protocol restarts receiving', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, peer, protocol } = yield* connected(opened, new Recording());
      transport.pauseReading();
      transport.close();
      transport.resumeReading();
      transport.setProtocol(protocol);
      peer.send(Buffer.from('unheard'));
      yield* protocol.lost;
      expect(protocol.log).toEqual(['made', 'lost null']);
      expect(waiting().readers).toBe(0);
    }));

  it('TCP_NODELAY is on, and getExtraInfo returns the socket and its addresses, even after the end', () =>
    run(function* () {
      using opened = new Opened();
      const { transport, socket, peer, protocol } = yield* connected(opened, new Recording(), opened.tcpPair());
      expect(socket.getsockopt(IPPROTO_TCP, TCP_NODELAY)).not.toBe(0);
      expect(transport.getExtraInfo('socket')).toBe(socket);
      const addresses = [peer.getpeername(), peer.getsockname()];
      transport.close();
      yield* protocol.lost;
      expect([transport.getExtraInfo('sockname'), transport.getExtraInfo('peername')]).toEqual(addresses);
      expect(transport.getExtraInfo('cipher')).toBe(null);
      expect(transport.getExtraInfo('cipher', 'none')).toBe('none');
      expect(transport.getExtraInfo('constructor')).toBe(null);
      const unix = yield* connected(opened, new Recording());
      expect(unix.socket.family).toBe(AF_UNIX);
      expect(unix.transport.getExtraInfo('peername')).toEqual({ path: '' });
      unix.transport.abort();
      yield* unix.protocol.lost;
    }));

  it('a transport that the program has closed, but that has not sent everything when its loop closes, is reported as such', async () => {
    const loop = newEventLoop({ selector });
    const errors = collectErrors(loop);
    using opened = new Opened();
    const { socket } = await runOn(loop, function* () {
      const closing = yield* connected(opened, new Recording());
      closing.transport.write(Buffer.alloc(1 << 24)); // the peer does not read
      closing.transport.close();
      return closing;
    });
    expect(socket.fileno()).toBe(-1);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /^unclosed transport <SocketTransport fd=\d+>: it was still closing .*waitClosed/,
        ) as string,
      },
    ]);
  });

  it('a transport that is open when its loop closes is reported and closed; it can be printed and closed after that', async () => {
    const loop = newEventLoop({ selector });
    const errors = collectErrors(loop);
    using opened = new Opened();
    const { reading, paused } = await runOn(loop, function* () {
      const one = yield* connected(opened, new Recording());
      const two = yield* connected(opened, new Recording());
      two.transport.pauseReading();
      return { reading: one, paused: two };
    });
    expect(errors.map(({ message }) => message)).toEqual(
      [reading, paused].map(() => expect.stringMatching(/^unclosed transport <SocketTransport fd=\d+>$/) as string),
    );
    for (const { transport, peer, socket } of [reading, paused]) {
      expect(socket.fileno()).toBe(-1);
      expect(drained(peer)).toBe(null);
      expect(String(transport)).toMatch(/^<SocketTransport/);
      transport.write(Buffer.from('x'));
      transport.resumeReading();
      transport.close();
      transport.abort();
      expect(transport.isClosing()).toBe(true);
    }
  });

  it('a socket closed beneath its transport causes connectionLost with EBADF, and its number may be reused immediately', () =>
    run(function* () {
      using opened = new Opened();
      const { socket, protocol } = yield* connected(opened, new Recording());
      const number = socket.fileno();
      socket.close();
      const [again, other] = opened.pair();
      const next = yield* connected(
        opened,
        new Recording(),
        again.fileno() === number ? [again, other] : [other, again],
      );
      expect(next.socket.fileno()).toBe(number);
      expect(yield* protocol.lost).toMatchObject({ code: 'EBADF' });
      next.peer.send(Buffer.from('hello'));
      yield* until(() => next.protocol.received === 'hello');
      expect(protocol.received).toBe('');
      next.transport.close();
      yield* next.protocol.lost;
    }));

  it('a socket closed beneath a paused transport is noticed on its next use', () =>
    run(function* () {
      using opened = new Opened();
      for (const use of ['resumeReading', 'write', 'writeEof'] as const) {
        const { transport, socket, protocol } = yield* connected(opened, new Recording());
        transport.pauseReading();
        socket.close();
        if (use === 'write') transport.write(Buffer.from('x'));
        else transport[use]();
        expect(yield* protocol.lost, use).toMatchObject({ code: 'EBADF' });
      }
    }));

  it('a closing connection receives no events of a new one that is accepted under its descriptor in the same iteration', () =>
    run(function* () {
      using opened = new Opened();
      const protocols: Recording[] = [];
      for (let i = 0; i < 50; i += 1) {
        const { transport, peer, protocol } = yield* connected(opened, new Recording());
        protocols.push(protocol);
        peer.send(Buffer.from(`number ${i}`));
        yield* until(() => protocol.received !== '');
        transport.close();
        peer.close();
        yield* protocol.lost;
      }
      expect(protocols.map(({ log }) => log.join())).toEqual(
        protocols.map((_, i) => `made,data number ${i},lost null`),
      );
    }));

  it('an error in connectionLost is reported, and the socket is still closed', () =>
    run(function* () {
      using opened = new Opened();
      const errors = errorsOfLoop();
      const broken = new Error('broken');
      const protocol = new Recording({
        connectionLost: () => {
          throw broken;
        },
      });
      const { transport, socket, peer } = yield* connected(opened, protocol);
      transport.close();
      yield* protocol.lost;
      yield* turns(1);
      expect(errors).toEqual([expect.objectContaining({ exception: broken })]);
      expect(socket.fileno()).toBe(-1);
      expect(drained(peer)).toBe(null);
    }));

  it('a cancelled createConnection closes the socket', () =>
    run(function* () {
      using opened = new Opened();
      const { connectAcceptedSocket } = getRunningLoop();
      const [a, b] = opened.pair();
      const protocol = new Recording();
      const task = createTask(() => connectAcceptedSocket(() => protocol, a));
      yield* turns(1);
      task.cancel();
      try {
        yield* task;
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(CancelledError);
      }
      yield* protocol.lost;
      yield* turns(1);
      expect(drained(b)).toBe(null);
    }));
});

it('a paused transport that is no longer referenced is reported, and its socket is closed', async () => {
  const { run } = await import('selectloop');
  const { collectGarbage } = await import('../tasks/both-flavours.js');
  await run(async () => {
    const errors = errorsOfLoop();
    using opened = new Opened();
    const [a, b] = opened.pair();
    const given = a.detach(); // so that `opened` does not hold the socket
    await forget(given);
    for (let i = 0; errors.length === 0 && i < 20; i += 1) await collectGarbage();
    expect(errors.map(({ message }) => message)).toEqual([`unclosed transport <SocketTransport fd=${given}>`]);
    expect(drained(b)).toBe(null);
  });
});

async function forget(fd: number): Promise<void> {
  const { Socket } = await import('selectloop/sockets');
  const { connectAcceptedSocket } = await import('selectloop');
  const { transport } = await connectAcceptedSocket(() => ({}), Socket.fromFd(fd));
  transport.pauseReading();
}

it('a fatal error in a protocol leaves the loop, and the connection is closed with it', () => {
  using opened = new Opened();
  const loop = newEventLoop();
  collectErrors(loop);
  const broken = Object.assign(new Error('fatal'), { [fatal]: true });
  const [a, b] = opened.pair();
  const body = function* () {
    const protocol = new Recording({
      dataReceived: () => {
        throw broken;
      },
    });
    yield* connected(opened, protocol, [a, b]);
    b.send(Buffer.from('x'));
    yield* protocol.lost;
  };
  expect(() => runSync(body, { loopFactory: () => loop })).toThrow(broken);
  expect(a.fileno()).toBe(-1);
});
