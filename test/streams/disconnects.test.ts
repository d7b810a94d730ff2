/** Handlers of a server that end with the error of their own connection. A disconnect is normal, so it is not reported. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ConnectionHandler,
  OSError,
  type Steps,
  type StreamReader,
  type StreamWriter,
  getRunningLoop,
  openConnection,
  sleep,
  startServer,
  startUnixServer,
  taskGroup,
  waitReadable,
} from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { AF_UNIX, Socket } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { everyLoop, hostedLoops } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';
import { certificates } from '../tls/certificates.js';

const REPORT = 'Unhandled exception in connection handler';
const { ca, server: identity } = certificates();

/** Serves one client with `handler`, resets its connection, and returns the error of the handler and what was reported. */
function* resetDuring(
  handler: ConnectionHandler,
  options: { tls?: boolean; debug?: boolean } = {},
): Steps<{ error: unknown; reports: unknown[] }> {
  const { tls = false, debug = false } = options;
  const loop = getRunningLoop();
  loop.setDebug(debug);
  const reports = collectErrors(loop);
  const ended: unknown[] = [];
  const server = yield* startServer(recording(handler, ended), '127.0.0.1', 0, tls ? { tls: identity } : {});
  const secured = tls ? { tls: { ca }, serverName: 'localhost' } : {};
  const { reader, writer } = yield* openConnection('127.0.0.1', server.port, secured);
  yield* reader.readExactly(1); // the handler is running
  writer.transport.abort({ reset: true });
  yield* until(() => ended.length > 0);
  yield* sleep(5); // the report would follow the end of the handler
  server.close();
  yield* server.waitClosed();
  loop.setDebug(false);
  return { error: ended[0], reports };
}

/** Calls the handler after a byte has been sent to the client, and adds the error with which it ends to `ended`. */
function recording(handler: ConnectionHandler, ended: unknown[]): ConnectionHandler {
  return (reader, writer) => {
    writer.write(Buffer.from('.'));
    const outcome = handler(reader, writer);
    if (outcome instanceof Promise) {
      return outcome.catch((error: unknown) => {
        ended.push(error);
        throw error;
      });
    }
    return (function* (): Steps<void> {
      try {
        yield* outcome as Steps<unknown>;
      } catch (error) {
        ended.push(error);
        throw error;
      }
    })();
  };
}

function* readForever(reader: StreamReader): Steps<void> {
  while ((yield* reader.read(100)).length > 0);
}

function* writeForever(writer: StreamWriter): Steps<void> {
  for (;;) {
    writer.write(Buffer.alloc(100_000));
    yield* writer.drain();
  }
}

const handlers: Record<string, ConnectionHandler> = {
  *'a read'(reader) {
    yield* readForever(reader);
  },
  *'a drain'(_, writer) {
    yield* writeForever(writer);
  },
  *'the end of the connection'(_, writer) {
    yield* writer.waitClosed();
  },
  *'tasks of a group that read and write'(reader, writer) {
    yield* taskGroup(function* (group) {
      group.createTask(readForever(reader));
      group.createTask(writeForever(writer));
      yield* sleep(1e9);
    });
  },
};

describe.each(everyLoop)('a client that resets its connection ($name)', (kind) => {
  it.each(Object.entries(handlers))('ends a handler that waits for %s, which is not reported', (_, handler) =>
    kind.run(function* () {
      const { error, reports } = yield* resetDuring(handler);
      expect(String(error)).toMatch(/ECONNRESET|EPIPE/);
      expect(reports).toEqual([]);
    }),
  );

  it('is reported in debug mode, once and by the connection', () =>
    kind.run(function* () {
      const { reports } = yield* resetDuring(handlers['a read']!, { debug: true });
      expect(reports).toMatchObject([{ message: expect.stringContaining('Fatal read error') as string }]);
    }));

  it('does not hide another error of the handler', () =>
    kind.run(function* () {
      const failures: ConnectionHandler[] = [
        function* (reader, writer) {
          yield* outcomeIgnored(readForever(reader), writer);
          throw new OSError(-104, 'read'); // equal to the error of the connection, but of something else
        },
        function* (reader) {
          yield* taskGroup(function* (group) {
            group.createTask(readForever(reader));
            try {
              yield* sleep(1e9);
            } finally {
              throw new RangeError('in the clean-up'); // eslint-disable-line no-unsafe-finally -- what is tested
            }
          });
        },
      ];
      for (const handler of failures) {
        const { error, reports } = yield* resetDuring(handler);
        expect(reports).toMatchObject([{ message: REPORT, exception: error }]);
      }
    }));
});

/** Waits for `steps`, which the end of the connection interrupts. */
function* outcomeIgnored(steps: Steps<void>, writer: StreamWriter): Steps<void> {
  try {
    yield* steps;
  } catch {
    writer.close();
  }
}

describe.each(hostedLoops)('in async functions and over TLS ($name)', (kind) => {
  it('a reset that ends an await using block is not reported, and is not thrown again at its end', () =>
    kind.run(function* () {
      const { error, reports } = yield* resetDuring(async (reader, writer) => {
        await using _writer = writer;
        while ((await reader.read(100)).length > 0);
      });
      expect(error).toMatchObject({ name: 'OSError', code: 'ECONNRESET' }); // and no SuppressedError
      expect(reports).toEqual([]);
    }));

  it('a reset of a TLS connection is reported in debug mode only', () =>
    kind.run(function* () {
      const quiet = yield* resetDuring(handlers['a read']!, { tls: true });
      expect(quiet).toMatchObject({ error: { code: 'ECONNRESET' }, reports: [] });
      const { error, reports } = yield* resetDuring(handlers['a read']!, { tls: true, debug: true });
      expect(reports).toMatchObject([{ message: 'Fatal read error on TLS transport', exception: error }]);
    }));

  it('a failed pipeline of a stream made with toDuplex is reported: its streams are destroyed with any error', () =>
    kind.run(function* () {
      const broken = new Error('broken');
      const { reports } = yield* resetDuring(async (reader, writer) => {
        const duplex = toDuplex(reader, writer);
        duplex.on('error', () => undefined);
        duplex.destroy(broken);
        await writer.waitClosed();
      });
      expect(reports).toMatchObject([{ message: REPORT, exception: broken }]);
    }));
});

it('a client of a UNIX server that closes without having read everything is not reported', () =>
  hostedLoops[0]!.run(function* () {
    const folder = mkdtempSync(join(tmpdir(), 'disconnects-'));
    const reports = collectErrors(getRunningLoop());
    const ended: unknown[] = [];
    const path = join(folder, 'socket');
    const server = yield* startUnixServer(recording(handlers['a read']!, ended), path);
    const client = new Socket(AF_UNIX);
    client.connect({ path });
    yield* waitReadable(client); // the byte has arrived, and is not read
    client.close();
    yield* until(() => ended.length > 0);
    expect(ended[0]).toMatchObject({ code: 'ECONNRESET' });
    yield* sleep(5);
    server.close();
    yield* server.waitClosed();
    rmSync(folder, { recursive: true });
    expect(reports).toEqual([]);
  }));
