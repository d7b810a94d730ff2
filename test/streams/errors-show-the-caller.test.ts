/** Errors and debug mode show the line of the program, not the frames of the library, of Node and of the engine. */

import { createServer as createHttpServer } from 'node:http';

import {
  type Coroutine,
  type Future,
  type StreamWriter,
  type Task,
  createConnection,
  createDatagramEndpoint,
  createServer,
  createSubprocess,
  createTask,
  createUnixConnection,
  createUnixServer,
  currentTask,
  getaddrinfo,
  openConnection,
  openUnixConnection,
  run,
  sleep,
  startServer,
  startUnixServer,
} from 'selectloop';
import { serveHttp } from 'selectloop/node';
import { Socket } from 'selectloop/sockets';
import { virtualLoop } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

const factory = (): never => {
  throw new Error('no connection is made here');
};
const handler = (_: unknown, writer: StreamWriter): void => writer.close();

/** The frames of an error. */
function framesOf(error: unknown): string[] {
  const { stack = '', message } = error as Error;
  expect(stack).toContain(message);
  return stack.split('\n').filter((line) => /^\s+at /.test(line));
}

const HERE = /errors-show-the-caller\.test\.ts:\d+:\d+/;

function expectProgramFirst(frames: readonly string[]): void {
  expect(frames[0]).toMatch(HERE);
  for (const frame of frames) expect(frame).not.toMatch(/\/(lib|dist)\/|\(<anonymous>\)|node:/);
}

/** A port on which a socket listens, and one on which none does. */
function ports(): { used: number; refused: number; close: () => void } {
  const [listener, bound] = [new Socket(), new Socket()];
  for (const socket of [listener, bound]) socket.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  const [used, refused] = [listener, bound].map((socket) => (socket.getsockname() as { port: number }).port);
  return {
    used: used as number,
    refused: refused as number,
    close: () => {
      listener.close();
      bound.close();
    },
  };
}

type Ports = ReturnType<typeof ports>;

const calls: Record<string, [string, (at: Ports) => Coroutine<unknown>]> = {
  openConnection: ['ECONNREFUSED', ({ refused }) => openConnection('127.0.0.1', refused)],
  createConnection: ['ECONNREFUSED', ({ refused }) => createConnection(factory, '127.0.0.1', refused)],
  openUnixConnection: ['ENOENT', () => openUnixConnection('/nonexistent/socket')],
  createUnixConnection: ['ENOENT', () => createUnixConnection(factory, '/nonexistent/socket')],
  startServer: ['EADDRINUSE', ({ used }) => startServer(handler, '127.0.0.1', used, { reuseAddress: false })],
  createServer: ['EADDRINUSE', ({ used }) => createServer(factory, '127.0.0.1', used, { reuseAddress: false })],
  startUnixServer: ['ENOENT', () => startUnixServer(handler, '/nonexistent/socket')],
  createUnixServer: ['ENOENT', () => createUnixServer(factory, '/nonexistent/socket')],
  createDatagramEndpoint: [
    'EADDRNOTAVAIL',
    () => createDatagramEndpoint(factory, { localAddress: { host: '192.0.2.1', port: 0 } }),
  ],
  createSubprocess: ['ENOENT', () => createSubprocess('/nonexistent/program', [])],
  getaddrinfo: ['ENOTFOUND', () => getaddrinfo('nowhere.invalid', 1)],
  serveHttp: ['EADDRINUSE', ({ used }) => serveHttp(createHttpServer(), '127.0.0.1', used, { reuseAddress: false })],
};

describe('the stack of a failed call begins with the line that made it', () => {
  it.each(Object.entries(calls))('%s', async (_, [code, call]) => {
    const at = ports();
    const errors: unknown[] = [];
    const note = (error: unknown): void => void errors.push(error);
    await run(async function inAsyncFunction() {
      await call(at).then(undefined, note);
      await sleep(0);
      try {
        await call(at);
      } catch (error) {
        note(error);
      }
    });
    await run(function* inGenerator() {
      try {
        yield* call(at);
      } catch (error) {
        note(error);
      }
    });
    at.close();
    expect(errors).toHaveLength(3);
    for (const error of errors) {
      expect(error).toMatchObject({ code });
      expectProgramFirst(framesOf(error));
    }
    expect(framesOf(errors[0])[1]).toContain('inAsyncFunction');
    expect(framesOf(errors[2])[1]).toContain('inGenerator');
  });

  it('unless the program has thrown the error itself', async () => {
    await run(async function main() {
      const server = await startServer(handler, '127.0.0.1', 0);
      const failing = function makesProtocol(): never {
        throw new Error('from the factory');
      };
      const error: unknown = await createConnection(failing, '127.0.0.1', server.port).then(
        undefined,
        (e: unknown) => e,
      );
      expect(framesOf(error)[0]).toContain('makesProtocol');
      server.close();
      server.closeClients();
      await server.waitClosed();
    });
  });
});

describe('misuse names the function that was called', () => {
  const misuse: Array<[string, () => unknown]> = [
    ['openConnection: port', () => openConnection('localhost', 70_000)],
    ['openConnection: host', () => openConnection(5 as never, 1)],
    ['openConnection: limit', () => openConnection('localhost', 1, { limit: -1 })],
    ['openConnection: family', () => openConnection('localhost', 1, { family: 'x' as never })],
    ['openConnection: socket', () => openConnection(null, null, { socket: 5 as never })],
    ['openUnixConnection: path', () => openUnixConnection(5 as never)],
    ['createConnection: port', () => createConnection(factory, 'localhost', -1)],
    ['createUnixConnection: path', () => createUnixConnection(factory, null)],
    ['startServer: port', () => startServer(handler, null, 70_000)],
    ['startServer: host', () => startServer(handler, 5 as never, 1)],
    ['startServer: host', () => startServer(handler, null, null)],
    ['startServer: backlog', () => startServer(handler, null, 0, { backlog: 'x' as never })],
    ['startServer: limit', () => startServer(handler, null, 0, { limit: 0 })],
    ['startUnixServer: path', () => startUnixServer(handler, null)],
    ['startUnixServer: cleanupSocket', () => startUnixServer(handler, '/x', { cleanupSocket: 1 as never })],
    ['createServer: port', () => createServer(factory, null, -1)],
    ['serveHttp: port', () => serveHttp(createHttpServer(), null, -1)],
  ];

  it.each(misuse)('%s', (start, call) => {
    let error: unknown = null;
    try {
      call();
    } catch (thrown) {
      error = thrown;
    }
    expect((error as Error).message.slice(0, start.length)).toBe(start);
  });
});

describe('in debug mode, where something was created is a line of the program', () => {
  /** What the task waits for, through the coroutines that it awaits. */
  function awaitedBy(task: Task): Future {
    const [awaited] = task._waitsFor() as unknown as Array<Future & { waitsFor?(): Future[] }>;
    return awaited?.waitsFor?.()[0] ?? (awaited as Future);
  }

  async function inDebugMode(main: () => Promise<void>): Promise<void> {
    await run(main, { loopFactory: () => virtualLoop({ debug: true }) });
  }

  it('also for the future of an operation that an async function awaits', async () => {
    await inDebugMode(async () => {
      const inGenerator = createTask(function* () {
        yield* sleep(0);
        yield* sleep(20);
      });
      const inAsyncFunction = createTask(async () => {
        await sleep(0);
        await sleep(20);
      });
      await sleep(5);
      for (const task of [inGenerator, inAsyncFunction]) {
        expectProgramFirst((awaitedBy(task)._source ?? '').split('\n').slice(0, 1));
        expect(task._source?.split('\n')[0]).toMatch(HERE);
      }
      await inGenerator;
      await inAsyncFunction;
      expect(currentTask()?._source).toMatch(HERE);
    });
  });
});
