/** Connections of this library as Node streams, and Node streams as readers and writers. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { type Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';

import {
  type Server,
  type Steps,
  createConnection,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  runSync,
  sleep,
  startServer,
} from 'selectloop';
import { fromPromise, fromStream, toDuplex } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, hostedLoops, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { until } from '../support/protocols.js';
import { resetOnClose } from '../support/sockets.js';

const bytes = (data: string): Buffer => Buffer.from(data);
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const portOf = (server: Server): number => (server.sockets[0]!.getsockname() as { port: number }).port;

function* stop(server: Server): Steps<void> {
  server.close();
  server.closeClients();
  yield* server.waitClosed();
}

/** The two ways to make a duplex from a connection. */
const ways = ['transport', 'streams'] as const;

function* duplexTo(port: number, way: (typeof ways)[number]): Steps<Duplex> {
  if (way === 'transport') {
    const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port);
    return toDuplex(transport);
  }
  const { reader, writer } = yield* openConnection('127.0.0.1', port);
  return toDuplex(reader, writer);
}

describe.each(hostedLoops)('toDuplex ($name)', (kind) => {
  it.each(ways)('bytes go both ways, and each side ends separately (%s)', (way) =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const server = yield* startServer(
        function* (reader, writer) {
          const all = yield* reader.read();
          yield* sleep(5);
          writer.write(bytes(`got ${all.length}`)); // after EOF of the other side
          writer.close();
        },
        '127.0.0.1',
        0,
      );
      const duplex = yield* duplexTo(portOf(server), way);
      duplex.write('12345');
      duplex.end('67890');
      expect(yield* fromPromise(text(duplex))).toBe('got 10');
      if (!duplex.closed) yield* fromPromise(once(duplex, 'close'));
      yield* stop(server);
      expect(waiting().writers).toBe(0);
      expect(errors).toEqual([]);
    }),
  );

  it.each(ways)('pipeline works with a peer that reads late (%s)', (way) =>
    kind.run(function* () {
      const data = Buffer.alloc(8 << 20, 'abcdefghijklmnopqrstuvwxyz ');
      let most = 0;
      const server = yield* startServer(
        function* (reader, writer) {
          yield* sleep(30);
          writer.write(bytes(digest(yield* reader.read())));
          writer.close();
        },
        '127.0.0.1',
        0,
        { limit: 65_536 },
      );
      const duplex = yield* duplexTo(portOf(server), way);
      const source = Readable.from(
        (function* () {
          for (let at = 0; at < data.length; at += 65_536) {
            most = Math.max(most, duplex.writableLength);
            yield data.subarray(at, at + 65_536);
          }
        })(),
        { objectMode: false, highWaterMark: 65_536 },
      );
      yield* fromPromise(
        pipeline(source, duplex, new PassThrough(), async (result: AsyncIterable<Buffer>) => {
          expect(await text(result)).toBe(digest(data));
        }),
      );
      expect(most).toBeLessThan(512 * 1024);
      yield* stop(server);
    }),
  );

  it.each(ways)('a slow reader applies backpressure to the peer (%s)', (way) =>
    kind.run(function* () {
      let sent = 0;
      const chunk = Buffer.alloc(65_536, 'z');
      const server = yield* startServer(
        function* (_reader, writer) {
          for (; sent < 512; sent += 1) {
            writer.write(chunk);
            yield* writer.drain();
          }
          writer.close();
        },
        '127.0.0.1',
        0,
      );
      const duplex = yield* duplexTo(portOf(server), way);
      yield* sleep(40);
      expect(sent).toBeLessThan(512);
      let received = 0;
      duplex.on('data', (data: Buffer) => (received += data.length));
      yield* fromPromise(once(duplex, 'end'));
      expect(received).toBe(512 * 65_536);
      duplex.destroy();
      yield* stop(server);
    }),
  );

  it.each(ways)('a reset destroys it with the error, and destroying it ends the connection (%s)', (way) =>
    kind.run(function* () {
      const ends: unknown[] = [];
      const server = yield* startServer(
        function* (reader, writer) {
          const first = yield* reader.read(1);
          ends.push(String(first));
          if (first.length === 0) return;
          resetOnClose(writer.getExtraInfo('socket')!);
          writer.transport.abort();
        },
        '127.0.0.1',
        0,
      );
      const broken = yield* duplexTo(portOf(server), way);
      broken.write('x');
      broken.resume();
      const [error] = (yield* fromPromise(once(broken, 'error'))) as [Error];
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      const destroyed = yield* duplexTo(portOf(server), way);
      destroyed.destroy();
      yield* fromPromise(once(destroyed, 'close'));
      yield* until(() => ends.length === 2);
      expect(ends).toEqual(['x', '']);
      yield* stop(server);
    }),
  );

  it('has the members of a net.Socket that libraries use', () =>
    kind.run(function* () {
      const server = yield* startServer((reader) => reader.read(), '127.0.0.1', 0);
      const port = portOf(server);
      const { transport } = yield* createConnection(() => ({}), '127.0.0.1', port);
      const socket = toDuplex(transport);
      expect(socket.remoteAddress).toBe('127.0.0.1');
      expect(socket.remotePort).toBe(port);
      expect(socket.remoteFamily).toBe('IPv4');
      expect(socket.address()).toEqual({ address: '127.0.0.1', port: socket.localPort, family: 'IPv4' });
      expect(socket.readyState).toBe('open');
      expect(socket.setNoDelay(true).setKeepAlive(true, 1000).ref().unref()).toBe(socket);
      socket.setTimeout(10);
      yield* fromPromise(once(socket, 'timeout'));
      socket.write('late');
      expect(socket.bytesWritten).toBe(4);
      socket.destroySoon();
      yield* fromPromise(once(socket, 'close'));
      expect(socket.readyState).toBe('closed');
      yield* stop(server);
    }));

  it('is destroyed with its loop', async () => {
    const made: Duplex[] = [];
    await kind.run(function* () {
      getRunningLoop().setExceptionHandler(() => undefined);
      const server = yield* startServer(() => undefined, '127.0.0.1', 0);
      for (const way of ways) made.push(yield* duplexTo(portOf(server), way));
      made[0]!.write('x');
    });
    made[1]!.destroy();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(made.map((duplex) => duplex.closed)).toEqual([true, true]);
  });
});

describe.each(hostedLoops)('fromStream ($name)', (kind) => {
  it('a net.Socket has lines, EOF in both directions, and its addresses', () =>
    kind.run(function* () {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
      yield* fromPromise(once(server, 'listening'));
      const { port } = server.address() as AddressInfo;
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      yield* fromPromise(once(socket, 'connect'));
      const { reader, writer } = fromStream(socket);
      expect(writer.getExtraInfo('peername')).toEqual({ host: '127.0.0.1', port });
      expect(writer.getExtraInfo('stream')).toBe(socket);
      const line = bytes('one\n');
      writer.write(line);
      line.fill('-'); // the buffer is ours again
      writer.writelines([bytes('two\n'), bytes('rest')]);
      expect(String(yield* reader.readline())).toBe('one\n');
      expect(String(yield* reader.readline())).toBe('two\n');
      writer.writeEof();
      expect(String(yield* reader.read())).toBe('rest');
      writer.close();
      yield* writer.waitClosed();
      server.close();
      yield* fromPromise(once(server, 'close'));
    }));

  it('drain waits while bytes are compressed on the way', () =>
    kind.run(function* () {
      const data = Buffer.alloc(4 << 20, 'compress me, ');
      const { reader, writer } = fromStream(createGzip({ level: 1 }));
      let most = 0;
      const writing = createTask(function* () {
        for (let at = 0; at < data.length; at += 65_536) {
          writer.write(data.subarray(at, at + 65_536));
          most = Math.max(most, writer.transport.getWriteBufferSize());
          yield* writer.drain();
        }
        writer.writeEof();
      });
      expect(digest(gunzipSync(yield* reader.read()))).toBe(digest(data));
      yield* writing;
      expect(most).toBeLessThan(200_000);
      writer.close();
      yield* writer.waitClosed();
    }));

  it('a source that is faster than the reader gets backpressure', () =>
    kind.run(function* () {
      let made = 0;
      const source = new Readable({
        read() {
          made += 1;
          this.push(made > 1000 ? null : Buffer.alloc(16_384));
        },
      });
      const { reader, writer } = fromStream(source, { limit: 16_384 });
      yield* sleep(10);
      expect(made).toBeLessThan(20);
      expect((yield* reader.read()).length).toBe(1000 * 16_384);
      expect(() => writer.write(bytes('x'))).toThrow('cannot call write(): the stream is not writable');
      expect(writer.canWriteEof()).toBe(false);
      writer.close();
      yield* writer.waitClosed();
      expect(source.destroyed).toBe(true);
    }));

  it('reads and waits throw the error of the stream; a stream that is cut short is an error', () =>
    kind.run(function* () {
      const failure = new Error('of the source');
      const failing = new PassThrough();
      const { reader, writer } = fromStream(failing);
      const reading = createTask(() => reader.readline());
      yield* sleep(0);
      failing.destroy(failure);
      expect(yield* errorOf(reading)).toBe(failure);
      expect(yield* errorOf(createTask(() => writer.waitClosed()))).toBe(failure);

      const short = new PassThrough();
      const streams = fromStream(short);
      short.destroy();
      expect(yield* errorOf(createTask(() => streams.reader.read()))).toMatchObject({
        code: 'ERR_STREAM_PREMATURE_CLOSE',
      });
    }));

  it('a duplex made from the streams of a duplex works', () =>
    kind.run(function* () {
      const [near, far] = memoryPair();
      const { reader, writer } = fromStream(toDuplex(near.reader, near.writer));
      writer.write(bytes('hello\n'));
      expect(String(yield* far.reader.readline())).toBe('hello\n');
      far.writer.write(bytes('goodbye\n'));
      expect(String(yield* reader.readline())).toBe('goodbye\n');
      writer.close();
      yield* writer.waitClosed();
      expect((yield* far.reader.read()).length).toBe(0);
      far.writer.close();
      yield* far.writer.waitClosed();
    }));
});

describe('toDuplex and fromStream', () => {
  it('need a hosted loop', () => {
    const refused = expect.objectContaining({ code: 'ERR_NEEDS_HOST' }) as Error;
    expect(() =>
      runSync(function* () {
        fromStream(new PassThrough());
      }),
    ).toThrow(refused);
    expect(() =>
      runSync(function* () {
        const [{ reader, writer }, far] = memoryPair();
        try {
          toDuplex(reader, writer);
        } finally {
          writer.close();
          far.writer.close();
          yield* writer.waitClosed();
        }
      }),
    ).toThrow(refused);
  });

  it('refuse anything but a stream', () =>
    run(function* () {
      expect(() => toDuplex({} as never)).toThrow(
        'toDuplex: expected a StreamReader and a StreamWriter, or a Transport',
      );
      expect(() => toDuplex(memoryPair()[0].reader, null as never)).toThrow(
        'toDuplex: writer: expected a StreamWriter',
      );
      expect(() => fromStream(null as never)).toThrow(
        'fromStream: expected a Readable or a Duplex of node:stream, got null',
      );
      expect(() => fromStream(new Writable() as never)).toThrow(TypeError);
      expect(() => fromStream(Readable.from([{}]))).toThrow(/a stream of bytes/);
      expect(() => fromStream(new PassThrough().destroy())).toThrow('fromStream: the stream is destroyed');
    }));
});
