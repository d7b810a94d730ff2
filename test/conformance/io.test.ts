/** Socket operations as asyncio specifies them, on every selector and in both modes. */

import { describe, expect, it } from 'vitest';

import {
  type Steps,
  createTask,
  getRunningLoop,
  isCancelled,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockSendAll,
  sockSendTo,
} from 'selectloop';
import { AF_UNIX, SOCK_DGRAM, type Socket } from 'selectloop/sockets';

import { cancelled, errorOf, everyLoop, hostedLoops, iterations, turns, waiting } from '../support/every-loop.js';
import { Opened, fill, patterned } from '../support/sockets.js';

function* receiveAll(socket: Socket): Steps<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = yield* sockRecv(socket, 65_536);
    if (chunk.length === 0) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}

describe.each(everyLoop)('socket operations ($name)', ({ run }) => {
  it('refuse a blocking socket before any system call', () =>
    run(function* () {
      using opened = new Opened();
      const [a] = opened.pair();
      a.setBlocking(true);
      const refused = expect.objectContaining({
        code: 'ERR_INVALID_STATE',
        message: expect.stringContaining('must be non-blocking') as string,
      }) as Error;
      expect(() => sockRecv(a, 1)).toThrow(refused);
      expect(() => sockSendAll(a, Buffer.of(1))).toThrow(refused);
      expect(() => sockConnect(a, { path: '/nowhere' })).toThrow(refused);
      expect(() => sockAccept(a)).toThrow(refused);
      a.setTimeout(5); // a socket with a timeout also blocks
      expect(() => sockRecv(a, 1)).toThrow(refused);
    }));

  it.each(['inet', 'unix'])('connect, send a request, receive the reply (%s)', (kind) =>
    run(function* () {
      using opened = new Opened();
      let address: Parameters<typeof sockConnect>[1];
      let listener: Socket;
      if (kind === 'inet') ({ listener, address } = opened.listener());
      else {
        listener = opened.socket(AF_UNIX);
        listener.bind({ path: '' });
        listener.listen();
        address = listener.getsockname();
      }
      const serving = createTask(function* () {
        using connection = (yield* sockAccept(listener)).socket;
        const request = yield* sockRecv(connection, 1024);
        yield* sockSendAll(connection, Buffer.from(`you said ${request.toString()}`));
      });
      const client = opened.socket(listener.family);
      yield* sockConnect(client, address);
      yield* sockSendAll(client, Buffer.from('hello'));
      expect((yield* receiveAll(client)).toString()).toBe('you said hello');
      yield* serving;
    }),
  );

  it('connecting to a port without a listener fails with ECONNREFUSED and the address', () =>
    run(function* () {
      using opened = new Opened();
      const bound = opened.socket();
      bound.bind({ host: '127.0.0.1', port: 0 });
      const { port } = bound.getsockname() as { port: number };
      const client = opened.socket();
      const error = yield* errorOf(createTask(() => sockConnect(client, { host: '127.0.0.1', port })));
      expect(error).toMatchObject({
        code: 'ECONNREFUSED',
        syscall: 'connect',
        address: '127.0.0.1',
        port,
        message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      });
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));

  it('an accepted socket is non-blocking and comes with the address of its client', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const accepting = createTask(() => sockAccept(listener));
      yield* turns(2); // it waits, so the selector reports the connection
      expect(waiting()).toEqual({ readers: 1, writers: 0 });
      const client = opened.socket();
      yield* sockConnect(client, address);
      const accepted = yield* accepting;
      opened.add(accepted.socket);
      expect(accepted.socket.getBlocking()).toBe(false);
      expect(accepted.socket.recvEx(1)).toBeLessThan(0); // non-blocking for the kernel, not only for the object
      expect(accepted.address).toEqual(client.getsockname());
    }));

  it('after a cancelled accept the listener closes cleanly, and connecting to it is refused', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const accepting = createTask(() => sockAccept(listener));
      yield* turns(2);
      yield* cancelled(accepting);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      listener.close();
      const client = opened.socket();
      const error = yield* errorOf(createTask(() => sockConnect(client, address)));
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }));

  it('a receive started right after another was cancelled gets the data', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      const first = createTask(() => sockRecv(a, 1024));
      yield* turns(2);
      first.cancel();
      const second = createTask(() => sockRecv(a, 1024), { eagerStart: true }); // before the first one has cleaned up
      expect(isCancelled(yield* errorOf(first))).toBe(true);
      expect(waiting().readers).toBe(1);
      b.send(Buffer.from('late'));
      expect((yield* second).toString()).toBe('late');
    }));

  it('data sent right after a cancelled send arrives last', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      fill(a);
      const first = createTask(() => sockSendAll(a, Buffer.from('hello')));
      yield* turns(2);
      expect(waiting().writers).toBe(1);
      first.cancel();
      const second = createTask(function* () {
        yield* sockSendAll(a, Buffer.from('world'));
        a.shutdown('write');
      });
      const received = yield* receiveAll(b);
      expect(isCancelled(yield* errorOf(first))).toBe(true);
      yield* second;
      expect(received.subarray(-5).toString()).toBe('world');
      expect(received.includes('hello')).toBe(false);
    }));

  it('a cancelled connect can be repeated on the same socket', () =>
    run(function* () {
      using opened = new Opened();
      const listener = opened.socket();
      listener.bind({ host: '127.0.0.1', port: 0 });
      const address = listener.getsockname();
      const client = opened.socket();
      const first = createTask(() => sockConnect(client, address));
      yield* turns(1);
      first.cancel();
      yield* errorOf(first);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      listener.listen();
      for (let attempt = 1; ; attempt += 1) {
        try {
          yield* sockConnect(client, address);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ECONNREFUSED' }); // the answer to the first attempt
          expect(attempt).toBeLessThan(3);
        }
      }
      opened.add((yield* sockAccept(listener)).socket);
      expect(client.getpeername()).toEqual(address);
    }));

  it('a megabyte is transferred by partial sends, complete and in order', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.tcpPair();
      const data = patterned(1 << 20);
      const sending = createTask(function* () {
        yield* sockSendAll(a, data);
        a.shutdown('write');
      });
      const received = yield* receiveAll(b);
      yield* sending;
      expect(received.equals(data)).toBe(true);
    }));

  it('a datagram to a port without a receiver does not affect later datagrams', () =>
    run(function* () {
      using opened = new Opened();
      const address = (socket: Socket): { host: string; port: number } =>
        socket.getsockname() as { host: string; port: number };
      const bound = (): Socket => {
        const socket = opened.socket(undefined, SOCK_DGRAM);
        socket.bind({ host: '127.0.0.1', port: 0 });
        return socket;
      };
      const [server, peer, gone] = [bound(), bound(), bound()];
      const nobody = address(gone);
      gone.close();
      yield* sockSendTo(server, Buffer.from('anyone?'), nobody);
      const receiving = createTask(() => sockRecvFrom(server, 1024));
      yield* turns(3);
      yield* sockSendTo(peer, Buffer.from('me'), address(server));
      const { data, address: from } = yield* receiving;
      expect(data.toString()).toBe('me');
      expect(from).toEqual(address(peer));
    }));

  it('a cancelled receive ends within two iterations, runs its finally, and leaves no reader', () =>
    run(function* () {
      using opened = new Opened();
      const [a, b] = opened.pair();
      let cleanedUp = false;
      const receiving = createTask(function* () {
        try {
          yield* sockRecv(a, 1);
        } finally {
          cleanedUp = true;
        }
      });
      yield* turns(2);
      expect(waiting().readers).toBe(1);
      receiving.cancel('enough');
      yield* turns(2);
      expect(receiving.cancelled()).toBe(true);
      expect(cleanedUp).toBe(true);
      expect(waiting().readers).toBe(0);
      expect(yield* errorOf(receiving)).toMatchObject({ message: 'enough' });
      b.send(Buffer.of(7));
      expect([...(yield* sockRecv(a, 1))]).toEqual([7]); // the socket stays usable
    }));

  it('a host name is resolved for the family of the socket, a path is not resolved', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const client = opened.socket();
      yield* sockConnect(client, { host: 'localhost', port: address.port });
      opened.add((yield* sockAccept(listener)).socket);
      expect(client.getpeername()).toEqual(address);
      const unix = opened.socket(AF_UNIX);
      const error = yield* errorOf(createTask(() => sockConnect(unix, { path: 'localhost' })));
      expect(error).toMatchObject({ code: 'ENOENT', path: 'localhost' });
    }));

  it('an operation that does not have to wait completes without an iteration of the loop', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const [a, b] = opened.pair();
      opened.socket().connectEx(address); // over loopback the handshake is done when this returns
      const before = iterations();
      yield* sockSendAll(a, Buffer.from('now'));
      expect((yield* sockRecv(b, 10)).toString()).toBe('now');
      opened.add((yield* sockAccept(listener)).socket);
      expect(iterations()).toBe(before);
      expect(getRunningLoop().statistics()).toMatchObject({ readers: 0, writers: 0 });
    }));

  it('an accept that is cancelled in the iteration of a connection accepts nothing', () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener();
      const accepting = createTask(() => sockAccept(listener));
      yield* turns(2);
      const client = opened.socket();
      client.connectEx(address);
      // Is in the ready queue before the next poll appends the waiter.
      getRunningLoop().callSoon(() => accepting.cancel());
      expect(isCancelled(yield* errorOf(accepting))).toBe(true);
      const accepted = listener.acceptEx();
      expect(accepted).toMatchObject({ address: client.getsockname() }); // the connection is still in the listener's queue
      if (typeof accepted !== 'number') accepted.socket.close();
    }));
});

describe.each(hostedLoops)('socket operations in async functions ($name)', ({ selector }) => {
  it('receive, are cancelled while they receive, and receive again', async () => {
    const { run } = await import('selectloop');
    await run(
      async () => {
        using opened = new Opened();
        const [a, b] = opened.pair();
        const echo = createTask(async () => {
          for (let data = await sockRecv(b, 100); data.length > 0; data = await sockRecv(b, 100))
            await sockSendAll(b, data);
        });
        await sockSendAll(a, Buffer.from('one'));
        expect((await sockRecv(a, 100)).toString()).toBe('one');
        const steps: string[] = [];
        const receiving = createTask(async () => {
          try {
            await sockRecv(a, 100);
          } catch (error) {
            steps.push(isCancelled(error) ? 'cancelled' : String(error));
            throw error;
          } finally {
            steps.push('finally');
          }
        });
        await sleep(0);
        await sleep(0);
        const { readers } = waiting();
        receiving.cancel();
        await expect(Promise.resolve(receiving)).rejects.toThrow(expect.objectContaining({ name: 'CancelledError' }));
        expect(steps).toEqual(['cancelled', 'finally']);
        expect(waiting().readers).toBe(readers - 1);
        await sockSendAll(a, Buffer.from('two'));
        expect((await sockRecv(a, 100)).toString()).toBe('two');
        a.shutdown('write');
        await echo;
      },
      { selector },
    );
  });
});
