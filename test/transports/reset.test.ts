/** `abort({ reset: true })`: the peer gets ECONNRESET instead of an orderly end. */

import net from 'node:net';
import { once } from 'node:events';

import {
  type AbortOptions,
  type Steps,
  type StreamReader,
  type StreamWriter,
  createDatagramEndpoint,
  openConnection,
  openUnixConnection,
  startServer,
  startUnixServer,
} from 'selectloop';
import { fromPromise, fromStream, toDuplex } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { everyLoop, hostedLoops } from '../support/every-loop.js';
import { certificates } from '../tls/certificates.js';

const { ca, server: identity } = certificates();

/**
 * Returns how the client of a server sees the end of its connection, which the handler ends. Not before the client has sent something: a
 * connection that is reset earlier may fail in connect.
 */
function* endSeen(handler: (writer: StreamWriter) => void, tls = false): Steps<string> {
  const options = tls ? { tls: identity } : {};
  const afterData = function* (reader: StreamReader, writer: StreamWriter): Steps<void> {
    yield* reader.read(1);
    handler(writer);
  };
  const server = yield* startServer(afterData, '127.0.0.1', 0, options);
  const { reader, writer } = yield* openConnection('127.0.0.1', server.port, tls ? { tls: { ca } } : {});
  writer.write(Buffer.from('x'));
  let seen = 'end';
  try {
    yield* reader.read();
  } catch (error) {
    seen = (error as { code: string }).code;
  }
  writer.transport.abort();
  server.close();
  yield* server.waitClosed();
  return seen;
}

describe.each(everyLoop)('abort ($name)', ({ run }) => {
  it('ends the connection in order, unless a reset is asked for', () =>
    run(function* () {
      expect(yield* endSeen(({ transport }) => transport.abort())).toBe('end');
      expect(yield* endSeen(({ transport }) => transport.abort({ reset: false }))).toBe('end');
      expect(yield* endSeen(({ transport }) => transport.abort({ reset: true }))).toBe('ECONNRESET');
    }));

  it('is a plain one where there is no reset, and on a closed transport', () =>
    run(function* () {
      const path = `\0selectloop-reset-${process.pid}`;
      const server = yield* startUnixServer((_reader, writer) => writer.transport.abort({ reset: true }), path);
      const { reader, writer } = yield* openUnixConnection(path);
      expect((yield* reader.read()).length).toBe(0);
      writer.close();
      yield* writer.waitClosed();
      writer.transport.abort({ reset: true });
      server.close();
      yield* server.waitClosed();
      const [near, far] = memoryPair();
      near.writer.transport.abort({ reset: true });
      expect((yield* far.reader.read()).length).toBe(0);
      far.writer.close();
      const { transport } = yield* createDatagramEndpoint(() => ({ datagramReceived: () => undefined }), {
        localAddress: { host: '127.0.0.1', port: 0 },
      });
      transport.abort({ reset: true });
    }));

  it('throws a TypeError for invalid options, and does not abort', () =>
    run(function* () {
      const [near, far] = memoryPair();
      for (const options of [null, true, { reset: 1 }] as unknown as AbortOptions[])
        expect(() => near.writer.transport.abort(options)).toThrow(TypeError);
      expect(near.writer.transport.isClosing()).toBe(false);
      near.writer.close();
      far.writer.close();
    }));
});

describe.each(hostedLoops)('abort with a reset, where Node has the descriptor ($name)', ({ run }) => {
  it('resets below TLS', () =>
    run(function* () {
      expect(yield* endSeen(({ transport }) => transport.abort({ reset: true }), true)).toBe('ECONNRESET');
    }));

  it('resets a connection that was handed over, and a socket of node:net', () =>
    run(function* () {
      const handedOver = ({ transport }: StreamWriter): void => {
        toDuplex(transport).on('error', () => undefined);
        transport.abort({ reset: true });
      };
      expect(yield* endSeen(handedOver)).toBe('ECONNRESET');
      const server = net.createServer((socket) => {
        socket.once('readable', () => fromStream(socket).writer.transport.abort({ reset: true }));
      });
      yield* fromPromise(once(server.listen(0, '127.0.0.1'), 'listening'));
      const { reader, writer } = yield* openConnection('127.0.0.1', (server.address() as net.AddressInfo).port);
      writer.write(Buffer.from('x'));
      let seen: unknown;
      try {
        yield* reader.read();
      } catch (error) {
        seen = error;
      }
      expect(seen).toMatchObject({ code: 'ECONNRESET' });
      writer.close();
      server.close();
    }));
});
