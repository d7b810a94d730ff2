/** Making servers and connections: kinds of handlers, options, misuse. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ConnectionHandler,
  IncompleteReadError,
  type Steps,
  type StreamReader,
  type StreamWriter,
  coroutine,
  createTask,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  run,
  runSync,
  sleep,
  startServer,
  startUnixServer,
} from 'selectloop';
import { Socket } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { turns, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';
import { outcomeOf } from '../tasks/both-flavours.js';
import { ask, closeAll, connect, serve, shout, shoutAsync } from './serving.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('a handler of startServer may be', () => {
  const hello = (writer: StreamWriter): void => {
    writer.write(bytes('hello'));
    writer.close();
  };
  const handlers: Record<string, ConnectionHandler> = {
    'a generator function': function* (_, writer) {
      yield* sleep(0);
      hello(writer);
    },
    'an async function': async (_, writer) => {
      await sleep(0);
      hello(writer);
    },
    'a function made by coroutine()': coroutine(function* (_: StreamReader, writer: StreamWriter) {
      yield* sleep(0);
      hello(writer);
    }),
    'a plain function': (_, writer) => hello(writer),
    'a plain function that returns something': ((_: StreamReader, writer: StreamWriter) => {
      hello(writer);
      return 42;
    }) as never,
    'a plain function that returns a promise': (_, writer) =>
      (async () => {
        await sleep(1);
        hello(writer);
      })(),
    'a plain function that returns a generator': (_, writer) =>
      (function* (): Steps<void> {
        yield* sleep(1);
        hello(writer);
      })(),
    'a plain function that hands the streams on': (_, writer) => {
      getRunningLoop().callLater(1, () => hello(writer));
    },
  };
  it.each(Object.entries(handlers))('%s', (_, handler) =>
    run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(handler);
      const { reader, writer } = yield* connect(serving);
      expect((yield* reader.read()).toString()).toBe('hello');
      expect(errors).toEqual([]);
      yield* closeAll(serving, writer);
    }),
  );

  it('a plain function that throws, and the error is reported', () =>
    run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(() => {
        throw new Error('at once');
      });
      const { reader, writer } = yield* connect(serving);
      expect((yield* reader.read()).length).toBe(0);
      expect(errors).toMatchObject([{ message: 'Unhandled exception in connection handler' }]);
      yield* closeAll(serving, writer);
    }));

  it('not an async function in a blocking loop, where it would never resume', () => {
    expect(() => runSync(() => startServer(shoutAsync, '127.0.0.1', 0))).toThrow(
      expect.objectContaining({ code: 'ERR_NEEDS_HOST', message: expect.stringContaining('startServer') as string }),
    );
  });

  it.each([undefined, null, {}, 'echo'])('not %s', (handler) => {
    expect(() => startServer(handler as never, '127.0.0.1', 0)).toThrow(/startServer: handler: expected a function/);
    expect(() => startUnixServer(handler as never, '\0x')).toThrow(/startUnixServer: handler: expected a function/);
  });
});

describe('options of startServer and openConnection', () => {
  it('limit applies to the readers on both sides', () =>
    runSync(function* () {
      const outcomes: unknown[] = [];
      const server = yield* startServer(
        function* (reader, writer) {
          outcomes.push(yield* outcomeOf(createTask(reader.readline())));
          writer.write(bytes('too long as well\n'));
          writer.close();
        },
        '127.0.0.1',
        0,
        { limit: 4 },
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const { reader, writer } = yield* openConnection('127.0.0.1', port, { limit: 5 });
      writer.write(bytes('too long\n'));
      outcomes.push(yield* outcomeOf(createTask(reader.readline())));
      expect(outcomes).toMatchObject([{ error: { name: 'RangeError' } }, { error: { name: 'RangeError' } }]);
      yield* closeAll({ server, port }, writer);
    }));

  it('a wrong limit is rejected at the call', () => {
    expect(() => startServer(shout, '127.0.0.1', 0, { limit: 0 })).toThrow(RangeError);
    expect(() => startUnixServer(shout, '\0x', { limit: -1 })).toThrow(RangeError);
    expect(() => openConnection('127.0.0.1', 1, { limit: 0 })).toThrow(RangeError);
    expect(() => openUnixConnection('\0x', { limit: 'x' as never })).toThrow(TypeError);
  });

  it('wrong hosts and ports are rejected at the call', () => {
    expect(() => startServer(shout, 5 as never, 0)).toThrow(TypeError);
    expect(() => startServer(shout, '127.0.0.1', 65_536)).toThrow(RangeError);
    expect(() => openConnection('127.0.0.1', -1)).toThrow(RangeError);
    expect(() => openUnixConnection(null)).toThrow(TypeError);
  });

  it('startServing: false and socket reach the server', () =>
    runSync(function* () {
      const socket = new Socket();
      socket.bind({ host: '127.0.0.1', port: 0 });
      const server = yield* startServer(shout, null, null, { socket, startServing: false });
      expect([server.isServing(), server.sockets]).toEqual([false, [socket]]);
      server.close();
    }));

  it('socket is an existing connection', () =>
    runSync(function* () {
      const serving = yield* serve(shout);
      const socket = new Socket();
      socket.connect({ host: '127.0.0.1', port: serving.port });
      const { reader, writer } = yield* openConnection(null, null, { socket });
      expect(yield* ask(reader, writer)).toBe('FIRST\nSECOND\nTHIRD');
      yield* closeAll(serving, writer);
    }));

  it('a port without a listener fails with ECONNREFUSED', () =>
    runSync(function* () {
      const serving = yield* serve(shout);
      yield* closeAll(serving);
      expect(yield* outcomeOf(createTask(connect(serving)))).toMatchObject({ error: { code: 'ECONNREFUSED' } });
    }));
});

describe('streams over a UNIX socket', () => {
  it.each(['a path', 'an abstract name'])('%s', (what) => {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-streams-'));
    const path = what === 'a path' ? join(folder, 'socket') : `\0selectloop-streams-${process.pid}`;
    try {
      runSync(function* () {
        const server = yield* startUnixServer(shout, path);
        const { reader, writer } = yield* openUnixConnection(path);
        expect(yield* ask(reader, writer)).toBe('FIRST\nSECOND\nTHIRD');
        yield* closeAll({ server, port: 0 }, writer);
        expect(yield* outcomeOf(createTask(openUnixConnection(path)))).toMatchObject({
          error: { code: what === 'a path' ? 'ENOENT' : 'ECONNREFUSED' },
        });
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it('openConnection, cancelled at every step, leaves nothing behind', () => {
  runSync(function* () {
    const errors = collectErrors(getRunningLoop());
    const serving = yield* serve(shout);
    const { readers } = waiting(); // the listening socket alone
    let done = false;
    for (let step = 0; !done; step += 1) {
      const task = createTask(connect(serving));
      yield* turns(step);
      done = task.done();
      task.cancel();
      const outcome = yield* outcomeOf(task);
      if ('value' in outcome) {
        outcome.value.writer.close();
        yield* outcome.value.writer.waitClosed();
      }
      yield* until(() => waiting().readers === readers); // the server's side also ends
      if (step > 50) throw new Error('it never ends');
    }
    yield* closeAll(serving);
    expect(errors).toEqual([]);
  });
});

it('the error of an incomplete record at the end of a connection contains its bytes', () =>
  runSync(function* () {
    const serving = yield* serve((_, writer) => {
      writer.write(bytes('short'));
      writer.close();
    });
    const { reader, writer } = yield* connect(serving);
    const { error } = (yield* outcomeOf(createTask(reader.readExactly(10)))) as { error: unknown };
    expect(error).toBeInstanceOf(IncompleteReadError);
    expect(error).toMatchObject({ partial: bytes('short'), expected: 10 });
    yield* closeAll(serving, writer);
  }));
