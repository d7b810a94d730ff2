/** Descriptors above 1024, and 5,000 concurrent connections. */

import { closeSync, openSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
} from 'selectloop';
import { fd, pipe } from 'selectloop/sockets';

import { cancelled, errorOf, everyLoop, turns, waiting } from '../support/every-loop.js';
import { Opened, fill, resetOnClose } from '../support/sockets.js';

const CONNECTIONS = 5000;
const openFileLimit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);

describe('with 1,100 open files', () => {
  const files: number[] = [];
  beforeAll(() => {
    for (let i = 0; i < 1100; i += 1) files.push(openSync('/dev/null', 'r'));
    files.sort((a, b) => a - b);
  });
  afterAll(() => {
    for (const file of files) closeSync(file);
  });

  it.each(everyLoop)('sockets above 1024 are served along with those below ($name)', ({ run }) =>
    run(function* () {
      using opened = new Opened();
      for (const file of files.splice(0, 2)) closeSync(file); // two low numbers, free for the pipe
      const low = pipe();
      expect(Math.max(low.read, low.write)).toBeLessThan(1024);
      const [a, b] = opened.pair();
      expect(a.fileno()).toBeGreaterThan(1024);
      const receiving = createTask(() => sockRecv(a, 10));
      yield* turns(2);
      expect(waiting().readers).toBe(1);
      b.send(Buffer.from('high'));
      expect((yield* receiving).toString()).toBe('high');

      fill(a);
      const sending = createTask(() => sockSendAll(a, Buffer.from('!')));
      yield* turns(2);
      expect(waiting().writers).toBe(1);
      while (!sending.done()) {
        b.recvEx(1 << 18);
        yield;
      }
      const parked = createTask(() => sockRecv(b, 1));
      while (b.recvEx(1 << 18) instanceof Buffer);
      yield* turns(2);
      yield* cancelled(parked);

      const loop = getRunningLoop();
      const readable = loop.createFuture<string>();
      loop.addReader(low.read, () => {
        loop.removeReader(low.read);
        readable.setResult(fd.read(low.read, 10).toString());
      });
      const closing = createTask(() => sockRecv(a, 1));
      fd.write(low.write, Buffer.from('low'));
      expect(yield* readable).toBe('low');
      a.close();
      expect(yield* errorOf(closing)).toMatchObject({ code: 'EBADF' });
      fd.close(low.read);
      fd.close(low.write);
      files.unshift(openSync('/dev/null', 'r'), openSync('/dev/null', 'r'));
    }),
  );
});

describe(`${CONNECTIONS} concurrent connections`, () => {
  // select would scan 10,000 bits in every iteration. Each mode has one of the other two.
  const kinds = everyLoop.filter(({ selector, hosted }) => selector === (hosted ? 'epoll' : 'poll'));

  it.each(kinds)('each get their message back ($name)', ({ run }) => {
    if (openFileLimit < 2 * CONNECTIONS + 200) {
      throw new Error(`needs ${2 * CONNECTIONS + 200} descriptors, the limit is ${openFileLimit}: ulimit -n 20000`);
    }
    return run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener(4096);
      const serving = createTask(function* () {
        for (let i = 0; i < CONNECTIONS; i += 1) {
          const { socket } = yield* sockAccept(listener);
          opened.add(socket);
          createTask(function* () {
            yield* sockSendAll(socket, yield* sockRecv(socket, 100));
          });
        }
      });
      let connected = 0;
      const allConnected = getRunningLoop().createFuture<void>();
      const client = function* (number: number): Steps<string> {
        const socket = opened.socket();
        resetOnClose(socket); // leaves no port behind in TIME_WAIT
        yield* sockConnect(socket, address);
        connected += 1;
        if (connected === CONNECTIONS) allConnected.setResult();
        yield* allConnected;
        yield* sockSendAll(socket, Buffer.from(`message ${number}`));
        return (yield* sockRecv(socket, 100)).toString();
      };
      const clients = [];
      for (let i = 0; i < CONNECTIONS; i += 1) {
        clients.push(createTask(client(i)));
        if (i % 500 === 499) yield* turns(5); // the backlog is limited, and a dropped SYN costs a second
      }
      const echoed = yield* gather(clients);
      expect(echoed).toEqual(Array.from({ length: CONNECTIONS }, (_, i) => `message ${i}`));
      yield* serving;
    });
  });
});
