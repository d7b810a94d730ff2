/** Sockets in `examples/tiny/tiny.ts`: faults of the original that must not return, and what else it promises. */

import { readdirSync, readlinkSync } from 'node:fs';

import { SOL_SOCKET, SO_LINGER, Socket, socketpair } from 'selectloop/sockets';
import { expect, it } from 'vitest';

import { local as ioLocal } from '../../examples/tiny/io.js';
import {
  type Steps,
  createConnection,
  createTask,
  gather,
  run,
  sleep,
  sockAccept,
  sockRecv,
  sockSendAll,
} from '../../examples/tiny/tiny.js';
import { printedBy } from './programs.js';

function nonBlockingPair(): [Socket, Socket] {
  const pair = socketpair();
  for (const socket of pair) socket.setBlocking(false);
  return pair;
}

/** A listening socket and its port. */
function listen(): { listener: Socket; port: number } {
  const listener = new Socket();
  listener.setBlocking(false);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  return { listener, port: (listener.getsockname() as { port: number }).port };
}

/** Returns the number of open sockets of this process. Sockets that wait for garbage collection count as open. */
function openSockets(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the descriptor that read the folder
    }
  });
  return targets.filter((target) => target.startsWith('socket:')).length;
}

it('createConnection in tiny.ts throws and closes its socket when the connection is refused', () => {
  const { listener, port } = listen();
  listener.close();
  const before = openSockets();
  expect(() => run(() => createConnection('127.0.0.1', port))).toThrow(
    expect.objectContaining({ code: 'ECONNREFUSED' }),
  );
  expect(openSockets()).toBe(before);
});

it('tiny/io closes every socket it opens', () => {
  const before = openSockets();
  printedBy(() => run(ioLocal));
  expect(openSockets()).toBe(before);
});

it('tiny.ts receives and sends on one socket at the same time', () => {
  const [ours, theirs] = nonBlockingPair();
  const size = 3_000_000; // more than the buffers hold: both directions have to wait
  function* readAll(socket: Socket): Steps<number> {
    let total = 0;
    while (total < size) total += (yield* sockRecv(socket, 65_536)).length;
    return total;
  }
  const data = Buffer.alloc(size, 'x');
  run(function* () {
    const counts = yield* gather([readAll(ours), readAll(theirs), sockSendAll(ours, data), sockSendAll(theirs, data)]);
    expect(counts.slice(0, 2)).toEqual([size, size]);
  });
  ours.close();
  theirs.close();
});

it('sockRecv in tiny.ts throws when another task already receives from the socket', () => {
  const [ours, theirs] = nonBlockingPair();
  run(function* () {
    const first = createTask(sockRecv(ours, 10));
    yield;
    expect(() => sockRecv(ours, 10).next()).toThrow('already has a waiter');
    yield* sockSendAll(theirs, Buffer.from('for the first'));
    expect((yield* first).length).toBe(10);
  });
  ours.close();
  theirs.close();
});

it('tiny.ts sends and receives binary data unchanged', () => {
  const data = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const { listener, port } = listen();
  run(function* () {
    const client = yield* createConnection('127.0.0.1', port);
    const { socket } = yield* sockAccept(listener);
    yield* sockSendAll(client, data);
    expect(yield* sockRecv(socket, 1000)).toEqual(data);
    socket.close();
    client.close();
  });
  listener.close();
});

it('sockRecv in tiny.ts throws ECONNRESET when the connection is reset', () => {
  const { listener, port } = listen();
  run(function* () {
    const client = yield* createConnection('127.0.0.1', port);
    const { socket } = yield* sockAccept(listener);
    const reading = createTask(sockRecv(socket, 10));
    yield;
    client.setsockopt(SOL_SOCKET, SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
    client.close();
    let code: unknown;
    try {
      yield* reading;
    } catch (error) {
      ({ code } = error as { code: unknown });
    }
    expect(code).toBe('ECONNRESET');
    socket.close();
  });
  listener.close();
});

it('a cancelled sockRecv in tiny.ts removes its registration, so that the socket can be waited for again', () => {
  const [ours, theirs] = nonBlockingPair();
  run(function* () {
    const task = createTask(sockRecv(ours, 10));
    yield* sleep(1);
    task.cancel();
    yield* sleep(1);
    yield* sockSendAll(theirs, Buffer.from('later'));
    expect(String(yield* sockRecv(ours, 10))).toBe('later');
  });
  ours.close();
  theirs.close();
});
