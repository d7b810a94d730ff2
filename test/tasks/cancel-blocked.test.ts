/**
 * Cancelling a task that is blocked: on every kind of wait, in both flavours, on every selector, with the system's clock and
 * real sockets. The error is thrown at that wait, `finally` runs, nothing stays registered, and the socket stays usable.
 */

import {
  AF_INET,
  Future,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_SNDBUF,
  type SelectorName,
  Socket,
  type Steps,
  type Task,
  createTask,
  run,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  getRunningLoop,
  socketpair,
  waitReadable,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { selectorNames } from '../support/loops.js';
import { expectQuiet, outcomeOf, turns } from './both-flavours.js';

/** An operation to wait for, and what must work after the wait was cancelled. */
interface Wait {
  generator(): Steps<unknown>;
  async(): Promise<unknown>;
  /** The next operation of the same kind on the same objects. */
  after?(): Steps<void>;
  close?(): void;
}

function nonBlockingPair(): [Socket, Socket] {
  const pair = socketpair();
  for (const socket of pair) socket.setBlocking(false);
  return pair;
}

function* readExactly(socket: Socket, length: number): Steps<Buffer> {
  const pieces: Buffer[] = [];
  for (let missing = length; missing > 0;) {
    const piece = yield* sockRecv(socket, missing);
    if (piece.length === 0) break;
    pieces.push(piece);
    missing -= piece.length;
  }
  return Buffer.concat(pieces);
}

const waits: Record<string, () => Wait> = {
  sleep: () => ({
    *generator() {
      yield* sleep(1e9);
    },
    async async() {
      await sleep(1e9);
    },
    *after() {
      yield* sleep(1);
    },
  }),

  'a future': () => {
    const future = new Future();
    return {
      *generator() {
        yield* future;
      },
      async async() {
        await future;
      },
      *after() {
        expect(future.cancelled()).toBe(true);
        yield;
      },
    };
  },

  'another task': () => {
    const other = createTask(function* () {
      yield* sleep(1e9);
    });
    return {
      *generator() {
        yield* other;
      },
      async async() {
        await other;
      },
      *after() {
        expect(other.cancelled()).toBe(true);
        yield;
      },
    };
  },

  sockRecv: () => {
    const [here, there] = nonBlockingPair();
    return {
      *generator() {
        return yield* sockRecv(here, 10);
      },
      async async() {
        return await sockRecv(here, 10);
      },
      *after() {
        const next = createTask(sockRecv(here, 10));
        yield* turns(2); // it waits on the descriptor of the cancelled wait
        yield* sockSendAll(there, Buffer.from('next'));
        expect((yield* next).toString()).toBe('next');
      },
      close() {
        here.close();
        there.close();
      },
    };
  },

  waitReadable: () => {
    const [here, there] = nonBlockingPair();
    return {
      *generator() {
        yield* waitReadable(here);
      },
      async async() {
        await waitReadable(here);
      },
      *after() {
        const next = createTask(waitReadable(here));
        yield* turns(2);
        there.send(Buffer.from('x'));
        yield* next;
      },
      close() {
        here.close();
        there.close();
      },
    };
  },

  sockSendAll: () => {
    const [here, there] = nonBlockingPair();
    here.setsockopt(SOL_SOCKET, SO_SNDBUF, 8192);
    const data = Buffer.alloc(4_000_000, 'a');
    return {
      *generator() {
        yield* sockSendAll(here, data);
      },
      async async() {
        await sockSendAll(here, data);
      },
      *after() {
        const next = createTask(sockSendAll(here, Buffer.from('the end')));
        yield* turns(2);
        const received: Buffer[] = [];
        while (!next.done()) received.push(yield* sockRecv(there, 65536));
        here.shutdown('write');
        received.push(yield* readExactly(there, 1e9));
        const all = Buffer.concat(received);
        expect(all.length).toBeLessThan(data.length); // the cancelled send was partial
        expect(all.subarray(-7).toString()).toBe('the end');
        expect(all.subarray(0, -7).every((byte) => byte === 97)).toBe(true);
      },
      close() {
        here.close();
        there.close();
      },
    };
  },

  sockAccept: () => {
    const listener = new Socket();
    listener.setBlocking(false);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    return {
      *generator() {
        return yield* sockAccept(listener);
      },
      async async() {
        return await sockAccept(listener);
      },
      *after() {
        const next = createTask(sockAccept(listener));
        yield* turns(2);
        using client = new Socket();
        client.connect(listener.getsockname());
        const { socket, address } = yield* next;
        expect(address).toEqual(client.getsockname());
        socket.close();
      },
      close() {
        listener.close();
      },
    };
  },

  sockConnect: () => {
    // A listener whose queue is full keeps a connect waiting, without a network.
    const listener = new Socket(AF_INET, SOCK_STREAM);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen(0);
    const address = listener.getsockname();
    const fillers = [new Socket(), new Socket()];
    for (const filler of fillers) {
      filler.setBlocking(false);
      filler.connectEx(address);
    }
    const client = new Socket();
    client.setBlocking(false);
    return {
      *generator() {
        yield* sockConnect(client, address);
      },
      async async() {
        await sockConnect(client, address);
      },
      *after() {
        const next = createTask(sockConnect(client, address)); // takes over the attempt, which the kernel continues
        yield* turns(2);
        expect(next.done()).toBe(false);
        for (const filler of fillers) filler.close();
        listener.setBlocking(false);
        while (!next.done()) {
          const accepted = listener.acceptEx();
          if (typeof accepted !== 'number') accepted.socket.close();
          yield* sleep(1);
        }
        yield* next;
        expect(client.getpeername()).toEqual(address);
      },
      close() {
        for (const socket of [client, listener, ...fillers]) socket.close();
      },
    };
  },
};

const flavours = ['generator', 'async'] as const;

describe.each(selectorNames)('cancelling a blocked task, on %s', (selector: SelectorName) => {
  describe.each(Object.keys(waits))('in %s', (name) => {
    it.each(flavours)('%s', async (flavour) => {
      await run(
        function* () {
          const wait = waits[name]!();
          try {
            const log: unknown[] = [];
            const task: Task<void> =
              flavour === 'generator'
                ? createTask(function* () {
                    try {
                      yield* wait.generator();
                      log.push('not blocked');
                    } catch (error) {
                      log.push(error);
                      throw error;
                    } finally {
                      log.push('finally');
                    }
                  })
                : createTask(async () => {
                    try {
                      await wait.async();
                      log.push('not blocked');
                    } catch (error) {
                      log.push(error);
                      throw error;
                    } finally {
                      log.push('finally');
                    }
                  });
            yield* turns(5);
            expect(log).toEqual([]);
            task.cancel('stop');
            const { readers, writers, scheduled } = getRunningLoop().statistics();
            expect({ readers, writers, scheduled }).toEqual({ readers: 0, writers: 0, scheduled: 0 });
            expect(yield* outcomeOf(task)).toMatchObject({ error: { name: 'CancelledError', message: 'stop' } });
            expect(log).toEqual([expect.objectContaining({ message: 'stop' }), 'finally']);
            expectQuiet(getRunningLoop());
            yield* wait.after?.() ?? turns(0);
            expectQuiet(getRunningLoop());
          } finally {
            wait.close?.();
          }
        },
        { selector },
      );
    });
  });
});

describe.each(selectorNames)('an operation that replaces a cancelled one immediately, on %s', (selector) => {
  it.each(flavours)('keeps its registration when the cancelled one cleans up: %s', async (flavour) => {
    await run(
      function* () {
        const [here, there] = nonBlockingPair();
        const first: Task =
          flavour === 'generator' ? createTask(sockRecv(here, 10)) : createTask(async () => await sockRecv(here, 10));
        yield* turns(4);
        first.cancel();
        const second =
          flavour === 'generator' ? createTask(sockRecv(here, 10)) : createTask(async () => await sockRecv(here, 10));
        expect(yield* outcomeOf(first)).toMatchObject({ error: { name: 'CancelledError' } });
        yield* turns(4);
        expect(getRunningLoop().statistics().readers).toBe(1);
        yield* sockSendAll(there, Buffer.from('data'));
        expect((yield* second).toString()).toBe('data');
        here.close();
        there.close();
      },
      { selector },
    );
  });
});
