/** sendfile: sends a file over every kind of transport, in order with other writes. */

import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type Steps,
  type StreamReader,
  type StreamWriter,
  type Transport,
  connectReadPipe,
  connectWritePipe,
  createTask,
  fd as descriptors,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  pipe,
  sendfile,
  startServer,
  startUnixServer,
} from 'selectloop';
import { memoryPair } from 'selectloop/testing';
import { afterAll, describe, expect, it } from 'vitest';

import { cancelled, errorOf, everyLoop, hostedLoops, turns } from '../support/every-loop.js';
import { Recording, connected, until } from '../support/protocols.js';
import { Opened } from '../support/sockets.js';
import { certificates } from '../tls/certificates.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-sendfile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SMALL = Buffer.from('0123456789');
const LARGE = Buffer.alloc(3_000_003, 'all of the file, more than any buffer in between holds; ');
const smallPath = join(folder, 'small');
const largePath = join(folder, 'large');
writeFileSync(smallPath, SMALL);
writeFileSync(largePath, LARGE);
/** More bytes than the kernel buffers for a connection whose peer does not read: up to 4 MiB to send, and less than 1 MiB received. */
const HUGE = 8_000_000;
const hugePath = join(folder, 'huge');
writeFileSync(hugePath, '');
truncateSync(hugePath, HUGE);

/** An open file that is closed at the end of the block. */
function opened(path: string): { fd: number } & Disposable {
  const fd = openSync(path, 'r');
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

interface Side {
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
}

/** Calls `use` with both ends of a connection and closes them. */
type Connect = (use: (near: Side, far: Side) => Steps<void>) => Steps<void>;

/** The ends of a connection that a server has accepted. */
function* overServer(
  start: (accept: (reader: StreamReader, writer: StreamWriter) => void) => Steps<{
    near: Side;
    close: () => Steps<void>;
  }>,
  use: (near: Side, far: Side) => Steps<void>,
): Steps<void> {
  const accepted: Side[] = [];
  const { near, close } = yield* start((reader, writer) => accepted.push({ reader, writer }));
  yield* until(() => accepted.length === 1, 'the connection is accepted');
  try {
    yield* use(near, accepted[0]!);
  } finally {
    near.writer.transport.abort();
    accepted[0]!.writer.transport.abort();
    yield* close();
  }
}

const plainConnections: Record<string, Connect> = {
  'a TCP connection': (use) =>
    overServer(function* (accept) {
      const server = yield* startServer(accept, '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const near = yield* openConnection('127.0.0.1', port);
      return { near, close: () => closing(server) };
    }, use),
  'a UNIX connection': (use) =>
    overServer(function* (accept) {
      const path = join(folder, 'listener');
      const server = yield* startUnixServer(accept, path);
      const near = yield* openUnixConnection(path);
      return { near, close: () => closing(server) };
    }, use),
};
const memory: Connect = function* (use) {
  const [near, far] = memoryPair();
  yield* use(near, far);
  near.writer.transport.abort();
  far.writer.transport.abort();
  yield* turns(3);
};
const tls: Connect = (use) =>
  overServer(function* (accept) {
    const { ca, server: identity } = certificates();
    const server = yield* startServer(accept, '127.0.0.1', 0, { tls: identity });
    const { port } = server.sockets[0]!.getsockname() as { port: number };
    const near = yield* openConnection('127.0.0.1', port, { tls: { ca }, serverName: 'localhost' });
    return { near, close: () => closing(server) };
  }, use);

function* closing(server: { close(): void; waitClosed(): Iterable<unknown> }): Steps<void> {
  server.close();
  yield* (server.waitClosed as () => Steps<void>).call(server);
}

const everyConnection = { ...plainConnections, 'a pair in memory': memory };

const cases = everyLoop.flatMap(({ name, run, hosted }) =>
  Object.entries({ ...everyConnection, ...(hosted && { 'a TLS connection': tls }) }).map(([connection, connect]) => ({
    name,
    run,
    connection,
    connect,
    plain: connection in plainConnections,
  })),
);

describe.each(cases)('sendfile over $connection ($name)', ({ run, connect, plain }) => {
  it('sends a whole file after earlier writes and before later ones', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(largePath);
        const reading = createTask(far.reader.read());
        const head = Buffer.alloc(500_000, 'head');
        near.writer.write(head);
        expect(yield* sendfile(near.writer.transport, file.fd)).toBe(LARGE.length);
        near.writer.write(Buffer.from('tail'));
        near.writer.writeEof();
        const received = yield* reading;
        expect(received.equals(Buffer.concat([head, LARGE, Buffer.from('tail')]))).toBe(true);
      });
    }));

  it('sends a part of a file, and no more than the file has', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(smallPath);
        const { transport } = near.writer;
        const loop = getRunningLoop();
        expect(yield* loop.sendfile(transport, file.fd, { offset: 3, count: 4 })).toBe(4);
        expect(yield* loop.sendfile(transport, file, { offset: 8 })).toBe(2);
        expect(yield* loop.sendfile(transport, file.fd, { offset: 8, count: 100 })).toBe(2);
        expect(yield* loop.sendfile(transport, file.fd, { offset: 100 })).toBe(0);
        expect(yield* loop.sendfile(transport, file.fd, { count: 0 })).toBe(0);
        near.writer.writeEof();
        expect((yield* far.reader.read()).toString()).toBe('34568989');
      });
    }));

  it('refuses other writes while it runs, and still receives', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(hugePath);
        const { transport } = near.writer;
        const protocol = transport.getProtocol()!;
        const limits = transport.getWriteBufferLimits();
        const sending = createTask(sendfile(transport, file.fd));
        yield* turns(5);
        expect(sending.done()).toBe(false); // the other side does not read yet
        const busy: unknown = expect.objectContaining({
          code: 'ERR_INVALID_STATE',
          message: expect.stringContaining('sendfile is in progress') as string,
        });
        expect(() => near.writer.write(Buffer.from('x'))).toThrow(busy);
        expect(() => near.writer.writelines([Buffer.from('x')])).toThrow(busy);
        expect(() => near.writer.writeEof()).toThrow(busy);
        expect(() => transport.setProtocol({})).toThrow(busy);
        expect(yield* errorOf(createTask(sendfile(transport, file.fd)))).toMatchObject({ code: 'ERR_INVALID_STATE' });
        far.writer.write(Buffer.from('question\n'));
        expect((yield* near.reader.readline()).toString()).toBe('question\n');
        let received = 0;
        while (received < HUGE) received += (yield* far.reader.read(1_000_000)).length;
        expect(received).toBe(HUGE);
        expect(yield* sending).toBe(HUGE);
        expect(transport.getProtocol()).toBe(protocol);
        expect(transport.getWriteBufferLimits()).toEqual(limits);
        near.writer.write(Buffer.from('and then\n'));
        expect((yield* far.reader.readline()).toString()).toBe('and then\n');
      });
    }));

  it('cancelled, stops sending and leaves the connection open', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(hugePath);
        const { transport } = near.writer;
        const protocol = transport.getProtocol();
        const sending = createTask(sendfile(transport, file.fd));
        yield* turns(5);
        yield* cancelled(sending);
        expect(transport.isClosing()).toBe(false);
        expect(transport.getProtocol()).toBe(protocol);
        near.writer.write(Buffer.from('still here'));
        near.writer.writeEof();
        const received = yield* far.reader.read();
        const sent = received.length - 'still here'.length;
        expect(sent).toBeLessThan(HUGE);
        expect(received.equals(Buffer.concat([Buffer.alloc(sent), Buffer.from('still here')]))).toBe(true);
      });
    }));

  it.each(['close', 'abort'] as const)('%s() while it runs ends it with ECONNRESET', (end) =>
    run(function* () {
      yield* connect(function* (near) {
        using file = opened(hugePath);
        const sending = createTask(sendfile(near.writer.transport, file.fd));
        yield* turns(5);
        near.writer.transport[end]();
        if (end === 'close') near.writer.transport.abort(); // close() alone would first send the write buffer
        expect(yield* errorOf(sending)).toMatchObject({ code: 'ECONNRESET', syscall: 'sendfile' });
      });
    }),
  );

  it('throws an error when the peer disconnects', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(hugePath);
        const sending = createTask(sendfile(near.writer.transport, file.fd));
        yield* turns(5);
        far.writer.transport.abort();
        const { code } = (yield* errorOf(sending)) as { code: string };
        expect(['EPIPE', 'ECONNRESET']).toContain(code);
      });
    }));

  it('with fallback: false, works if the kernel can send the file, and otherwise throws ENOTSUP', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(smallPath);
        const sending = createTask(sendfile(near.writer.transport, file.fd, { fallback: false }));
        if (!plain) {
          expect(yield* errorOf(sending)).toMatchObject({ code: 'ENOTSUP', syscall: 'sendfile' });
          return;
        }
        expect(yield* sending).toBe(SMALL.length);
        expect(yield* far.reader.readExactly(SMALL.length)).toEqual(SMALL);
      });
    }));

  it('copies a file that the kernel cannot send, and a pipe until its EOF', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using maps = opened('/proc/self/status');
        const { read, write } = pipe();
        const reading = createTask(far.reader.read());
        const count = yield* sendfile(near.writer.transport, maps.fd);
        descriptors.write(write, Buffer.from('from a pipe'));
        descriptors.close(write);
        expect(yield* sendfile(near.writer.transport, read)).toBe('from a pipe'.length);
        descriptors.close(read);
        near.writer.writeEof();
        const received = (yield* reading).toString();
        expect(received).toHaveLength(count + 'from a pipe'.length);
        expect(received).toMatch(/^Name:[^]*from a pipe$/);
      });
    }));

  it('is refused on a transport that is closed or has ended its side', () =>
    run(function* () {
      yield* connect(function* (near, far) {
        using file = opened(smallPath);
        near.writer.writeEof();
        expect(yield* errorOf(createTask(sendfile(near.writer.transport, file.fd)))).toMatchObject({
          code: 'ERR_INVALID_STATE',
        });
        far.writer.close();
        expect(yield* errorOf(createTask(sendfile(far.writer.transport, file.fd)))).toMatchObject({
          code: 'ERR_INVALID_STATE',
        });
      });
    }));
});

describe.each(everyLoop)('sendfile ($name)', ({ run }) => {
  it('sends to a pipe, and refuses the reading end of one', () =>
    run(function* () {
      using file = opened(largePath);
      const { read, write } = pipe();
      const receiving = new Recording();
      const { transport: source } = yield* connectReadPipe(() => receiving, read);
      const { transport: sink, protocol } = yield* connectWritePipe(() => new Recording(), write);
      expect(yield* sendfile(sink, file.fd)).toBe(LARGE.length);
      expect(yield* errorOf(createTask(sendfile(source, file.fd)))).toMatchObject({ code: 'ERR_INVALID_STATE' });
      sink.close();
      yield* receiving.lost;
      yield* protocol.lost;
      expect(receiving.received).toBe(LARGE.toString());
    }));

  it('keeps the order of pauseWriting and resumeWriting of a protocol that was paused before', () =>
    run(function* () {
      using opened_ = new Opened();
      using file = opened(smallPath);
      const written: string[] = [];
      const writeMore = (transport: Transport): void => {
        written.push('more');
        transport.write(Buffer.from('more'));
      };
      const protocol: Recording = new Recording({ resumeWriting: () => writeMore(protocol.transport) });
      const { transport, peer } = yield* connected(opened_, protocol, opened_.narrowPair());
      transport.write(Buffer.alloc(100_000, '.'));
      expect(protocol.log).toEqual(['made', 'pause']);
      const sending = createTask(sendfile(transport, file.fd));
      let received = '';
      yield* until(() => {
        received += drainedText(peer);
        return received.endsWith('more');
      });
      expect(yield* sending).toBe(SMALL.length);
      expect(received).toBe(`${'.'.repeat(100_000)}${SMALL.toString()}more`);
      expect(protocol.log).toEqual(['made', 'pause', 'resume']);
      transport.abort();
      yield* protocol.lost;
    }));
});

/** Receives what has arrived at a non-blocking socket. */
function drainedText(socket: { recvEx(n: number): Buffer | number }): string {
  const data = socket.recvEx(65_536);
  return typeof data === 'number' ? '' : data.toString();
}

describe.each(hostedLoops.filter(({ selector }) => selector === 'epoll'))(
  'sendfile in an async function',
  ({ run }) => {
    it('takes a FileHandle, and checks its arguments immediately', () =>
      run(function* () {
        const task = createTask(async () => {
          const [near, far] = memoryPair();
          const file = await open(smallPath);
          expect(await sendfile(near.writer.transport, file)).toBe(SMALL.length);
          await file.close();
          const { transport } = near.writer;
          expect(() => sendfile({} as never, 1)).toThrow(TypeError);
          expect(() => sendfile(transport, 'name' as never)).toThrow(TypeError);
          expect(() => sendfile(transport, 1, { offset: -1 })).toThrow(RangeError);
          expect(() => sendfile(transport, 1, { count: 1.5 })).toThrow(RangeError);
          expect(() => sendfile(transport, 1, { fallback: 1 as never })).toThrow(TypeError);
          transport.abort();
          far.writer.transport.abort();
        });
        yield* task;
      }));
  },
);
