/** Tasks whose sockets are ready together: their receives and sends share a native call, which is invisible apart from timing. */

import { describe, expect, it } from 'vitest';

import {
  type Steps,
  type Task,
  connectAcceptedSocket,
  createTask,
  gather,
  sockRecv,
  sockRecvInto,
  sockSendAll,
  waitReadable,
} from 'selectloop';
import { MSG_PEEK, type Socket } from 'selectloop/sockets';

import { errorOf, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Recording, drained, until } from '../support/protocols.js';
import { Opened, patterned } from '../support/sockets.js';

/** Sockets with tasks parked in `sockRecv`, and their peers, all of which have sent `hello`. */
function* receiving(
  pairs: ReadonlyArray<[Socket, Socket]>,
  received: (index: number, data: Buffer) => Steps<void> | void,
): Steps<Task[]> {
  const tasks = pairs.map(([socket], i) =>
    createTask(function* () {
      const data = yield* sockRecv(socket, 100);
      const more = received(i, data);
      if (more !== undefined) yield* more;
    }),
  );
  yield* turns(2);
  for (const [, peer] of pairs) peer.send(Buffer.from('hello'));
  return tasks;
}

describe.each(everyLoop)('sock operations that are ready together ($name)', ({ run }) => {
  it('each task gets the bytes of the socket that it reads', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = Array.from({ length: 150 }, () => opened.pair());
      const got: string[] = [];
      const tasks = pairs.map(([socket], i) =>
        createTask(function* () {
          got[i] = String(yield* sockRecv(socket, 100));
        }),
      );
      yield* turns(2);
      pairs.forEach(([, peer], i) => peer.send(Buffer.from(`number ${i}`)));
      yield* gather(tasks);
      expect(got).toEqual(pairs.map((_, i) => `number ${i}`));
    }));

  it.each<[string, (socket: Socket) => Steps<string>]>([
    [
      'sockRecv',
      function* (socket) {
        return String(yield* sockRecv(socket, 100));
      },
    ],
    [
      'sockRecv, in two parts',
      function* (socket) {
        return `${String(yield* sockRecv(socket, 2))}${String(yield* sockRecv(socket, 100))}`;
      },
    ],
    [
      'sockRecvInto',
      function* (socket) {
        const buffer = Buffer.alloc(100);
        return buffer.toString('utf8', 0, yield* sockRecvInto(socket, buffer));
      },
    ],
    [
      'waitReadable and recv',
      function* (socket) {
        yield* waitReadable(socket);
        return String(socket.recv(100));
      },
    ],
    [
      'recv with MSG_PEEK, and again',
      function* (socket) {
        yield* turns(1);
        expect(String(socket.recv(100, MSG_PEEK))).toBe('hello');
        return String(socket.recv(100));
      },
    ],
    [
      'recvMsg',
      function* (socket) {
        yield* turns(1);
        return String(socket.recvMsg(100).data);
      },
    ],
    [
      'a transport',
      function* (socket) {
        const protocol = new Recording();
        const { transport } = yield* connectAcceptedSocket(() => protocol, socket);
        yield* until(() => protocol.received !== '');
        transport.abort();
        yield* protocol.lost;
        return protocol.received;
      },
    ],
  ])('a receive that is cancelled after the batch loses no byte: %s finds them', (_, read) =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair(), opened.pair()];
      let first: number | null = null;
      const tasks: Task[] = yield* receiving(pairs, (i) => {
        first ??= i;
        if (first === i) tasks.forEach((task, j) => j !== i && task.cancel());
      });
      yield* until(() => tasks.every((task) => task.done()));
      const rest = pairs.filter((_pair, i) => i !== first);
      expect(rest.length).toBe(2);
      for (const [socket] of rest) expect(yield* read(socket)).toBe('hello');
    }),
  );

  it('errors and EOF go to the task that waits for them', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair(), opened.pair()];
      const outcomes = pairs.map(([socket]) => createTask(() => sockRecv(socket, 100)));
      yield* turns(2);
      pairs[0]![1].send(Buffer.from('data'));
      pairs[1]![1].close();
      pairs[2]![1].send(Buffer.from('more'));
      expect((yield* gather(outcomes)).map(String)).toEqual(['data', '', 'more']);
    }));

  it('sockSendAll returns when the kernel has accepted all bytes', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = Array.from({ length: 5 }, () => opened.pair());
      const seen: Array<string | null> = [];
      const tasks = yield* receiving(pairs, function* (i, data) {
        yield* sockSendAll(pairs[i]![0], data);
        seen.push(drained(pairs[i]![1]));
      });
      yield* gather(tasks);
      expect(seen).toEqual(Array(5).fill('hello'));
    }));

  it('sockSendAll throws the error of the socket that it sends to', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair(), opened.pair()];
      const tasks = yield* receiving(pairs, function* (i, data) {
        if (i === 1) pairs[1]![1].close();
        yield* sockSendAll(pairs[i]![0], data);
      });
      expect(yield* errorOf(tasks[1]!)).toMatchObject({ code: 'EPIPE', syscall: 'send' });
      yield* gather([tasks[0]!, tasks[2]!]);
      expect([0, 2].map((i) => drained(pairs[i]![1]))).toEqual(['hello', 'hello']);
    }));

  it('the rest of a partial send follows in order', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.narrowPair(), opened.narrowPair()];
      const sent = patterned(4000);
      const tasks = yield* receiving(pairs, function* (i) {
        for (let n = 0; n < 20; n += 1) yield* sockSendAll(pairs[i]![0], sent);
      });
      const got = ['', ''];
      yield* until(() => {
        pairs.forEach(([, peer], i) => (got[i] = got[i]! + (drained(peer) ?? '')));
        return tasks.every((task) => task.done());
      });
      pairs.forEach(([, peer], i) => (got[i] = got[i]! + (drained(peer) ?? '')));
      for (const text of got) expect(text === sent.toString().repeat(20)).toBe(true);
    }));

  it('a socket that another task closes has sent its deferred bytes', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair()];
      const tasks: Task[] = yield* receiving(pairs, function* (i, data) {
        const [socket] = pairs[i]!;
        createTask(
          function* () {
            socket.close();
          },
          { eagerStart: i === 1 },
        );
        if (socket.fileno() >= 0) yield* sockSendAll(socket, data);
      });
      yield* until(() => tasks.every((task) => task.done()));
      expect(drained(pairs[0]![1])).toBe('hello');
    }));

  it('a cancelled send leaves no deferred bytes behind', () =>
    run(function* () {
      using opened = new Opened();
      const pairs = [opened.pair(), opened.pair()];
      const tasks: Task[] = yield* receiving(pairs, function* (i, data) {
        if (i === 1) tasks[0]!.cancel();
        yield* sockSendAll(pairs[i]![0], data);
      });
      yield* until(() => tasks.every((task) => task.done()));
      yield* sockSendAll(pairs[0]![0], Buffer.from('!'));
      yield* turns(2);
      expect(drained(pairs[0]![1])).toMatch(/^(hello)?!$/);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
    }));
});
