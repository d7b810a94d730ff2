/** Streams over TLS: between two programs of this library, and between this library and node:tls. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';

import {
  type Steps,
  type StreamWriter,
  createTask,
  gather,
  getRunningLoop,
  openConnection,
  sleep,
  startServer,
} from 'selectloop';
import { fromPromise } from 'selectloop/node';
import { SOL_SOCKET, SO_RCVBUF, SO_SNDBUF } from 'selectloop/sockets';
import { describe, expect, it } from 'vitest';

import { hostedLoops, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { shout } from '../streams/serving.js';
import { certificates } from './certificates.js';
import { closed, connectTls, serveTls } from './serving-tls.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const { ca, server: identity, client, stranger } = certificates();
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Otherwise the kernel's buffers grow to megabytes, and may take everything. */
function limitKernel(writer: StreamWriter): void {
  for (const option of [SO_SNDBUF, SO_RCVBUF]) writer.getExtraInfo('socket')!.setsockopt(SOL_SOCKET, option, 65_536);
}

describe.each(hostedLoops)('streams over TLS ($name)', (kind) => {
  it('exchange lines, and getExtraInfo describes the TLS connection', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const { server, port } = yield* serveTls(shout);
      const { reader, writer } = yield* connectTls(port);
      writer.write(bytes('first\nsecond\n'));
      expect(String(yield* reader.readline())).toBe('FIRST\n');
      expect(String(yield* reader.readline())).toBe('SECOND\n');
      expect(writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'server' } });
      expect(writer.getExtraInfo('cipher')).toMatchObject({ version: 'TLSv1.3' });
      expect(writer.getExtraInfo('tlsProtocol')).toBe('TLSv1.3');
      expect(writer.getExtraInfo('authorized')).toBe(true);
      expect(writer.getExtraInfo('alpnProtocol')).toBe(null);
      expect(writer.getExtraInfo('tlsSocket')).toBeInstanceOf(tls.TLSSocket);
      expect(writer.getExtraInfo('peername')).toEqual({ host: '127.0.0.1', port });
      writer.writeEof(); // sends close_notify: the peer reads EOF, and this side can still read
      expect((yield* reader.read()).length).toBe(0);
      yield* closed(server, writer);
      expect(writer.getExtraInfo('peercert')).toMatchObject({ subject: { CN: 'server' } });
      expect(waiting().writers).toBe(0);
      expect(errors).toEqual([]);
    }));

  it('carry 8 MB in each direction at the same time, with bounded buffers', () =>
    kind.run(function* () {
      const data = Buffer.alloc(8 << 20, 'the quick brown fox jumps over it. ');
      let most = 0;
      const { server, port } = yield* serveTls(function* (reader, writer) {
        limitKernel(writer);
        for (let chunk = yield* reader.read(65_536); chunk.length > 0; chunk = yield* reader.read(65_536)) {
          writer.write(chunk);
          most = Math.max(most, writer.transport.getWriteBufferSize());
          yield* writer.drain();
        }
        writer.close();
      });
      const { reader, writer } = yield* connectTls(port);
      limitKernel(writer);
      const sending = createTask(function* () {
        for (let at = 0; at < data.length; at += 100_000) {
          writer.write(data.subarray(at, at + 100_000));
          yield* writer.drain();
        }
        writer.writeEof();
      });
      yield* sleep(50); // nothing reads, so all buffers fill up and the sender is parked in drain()
      expect(sending.done()).toBe(false);
      expect(digest(yield* reader.read())).toBe(digest(data));
      yield* sending;
      expect(most).toBeLessThan(3 * 65_536);
      yield* closed(server, writer);
    }));

  it('deliver all bytes written before close(), on twenty concurrent connections', () =>
    kind.run(function* () {
      const { server, port } = yield* serveTls(function* (_reader, writer) {
        writer.write(Buffer.alloc(1 << 19, 'x'));
        writer.close();
      });
      const sizes = yield* gather(
        Array.from({ length: 20 }, function* (): Steps<number> {
          const { reader, writer } = yield* connectTls(port);
          const { length } = yield* reader.read();
          writer.close();
          yield* writer.waitClosed();
          return length;
        }),
      );
      expect(new Set(sizes)).toEqual(new Set([1 << 19]));
      yield* closed(server);
    }));

  it('work with node:tls as the client', () =>
    kind.run(function* () {
      const { server, port } = yield* serveTls(shout, { tls: { ...identity, ALPNProtocols: ['shout/1', 'shout/2'] } });
      const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ALPNProtocols: ['shout/2'] });
      yield* fromPromise(once(socket, 'secureConnect'));
      expect(socket.alpnProtocol).toBe('shout/2');
      socket.end('hello\n');
      const [data] = (yield* fromPromise(once(socket, 'data'))) as [Buffer];
      expect(String(data)).toBe('HELLO\n');
      yield* fromPromise(once(socket, 'close'));
      yield* closed(server);
    }));

  it('work with node:tls as the server', () =>
    kind.run(function* () {
      const server = tls.createServer({ ...identity, ALPNProtocols: ['echo'] }, (socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1');
      yield* fromPromise(once(server, 'listening'));
      const { port } = server.address() as AddressInfo;
      const { reader, writer } = yield* openConnection('127.0.0.1', port, { tls: { ca, ALPNProtocols: ['echo'] } });
      expect(writer.getExtraInfo('alpnProtocol')).toBe('echo');
      const data = Buffer.alloc(3 << 20, 'abcdefg');
      writer.write(data);
      writer.writeEof();
      expect(digest(yield* reader.read())).toBe(digest(data));
      writer.close();
      yield* writer.waitClosed();
      server.close();
      yield* fromPromise(once(server, 'close'));
    }));

  it('accept known client certificates and refuse unknown ones', () =>
    kind.run(function* () {
      const seen: unknown[] = [];
      const { server, port } = yield* serveTls(
        function* (reader, writer) {
          seen.push(writer.getExtraInfo('peercert')?.subject.CN, writer.getExtraInfo('authorized'));
          yield* shout(reader, writer);
        },
        { tls: { ...identity, ca, requestCert: true, rejectUnauthorized: true } },
      );
      const ask = function* (certificate: object): Steps<string> {
        const { reader, writer } = yield* openConnection('127.0.0.1', port, { tls: { ca, ...certificate } });
        writer.write(bytes('who\n'));
        try {
          return String(yield* reader.readline());
        } finally {
          writer.close();
        }
      };
      expect(yield* ask(client)).toBe('WHO\n');
      for (const refused of [{}, stranger]) {
        // In TLS 1.3 the handshake of a refused client succeeds; its first read fails.
        const outcome = yield* gather([createTask(() => ask(refused))], { returnExceptions: true });
        expect(outcome[0]).not.toBe('WHO\n');
      }
      expect(seen).toEqual(['client', true]);
      yield* closed(server);
    }));

  it('can begin in the middle of a connection, with startTls on both sides', () =>
    kind.run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          expect(String(yield* reader.readline())).toBe('STARTTLS\n');
          writer.write(bytes('go ahead\n'));
          yield* writer.startTls({ tls: identity });
          yield* shout(reader, writer);
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      const plain = writer.transport;
      writer.write(bytes('STARTTLS\n'));
      expect(String(yield* reader.readline())).toBe('go ahead\n');
      expect(writer.getExtraInfo('cipher')).toBe(null);
      yield* writer.startTls({ tls: { ca }, serverName: 'localhost' });
      expect(writer.transport).not.toBe(plain);
      expect(writer.getExtraInfo('cipher')).not.toBe(null);
      writer.write(bytes('secret\n'));
      expect(String(yield* reader.readline())).toBe('SECRET\n');
      yield* closed(server, writer);
    }));

  it('begin with bytes of the handshake that arrived before startTls was called', () =>
    kind.run(function* () {
      const server = yield* startServer(
        function* (reader, writer) {
          yield* reader.readline();
          yield* sleep(20); // meanwhile the client's first message of the handshake arrives in the reader
          yield* writer.startTls({ tls: identity });
          yield* shout(reader, writer);
        },
        '127.0.0.1',
        0,
      );
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const { reader, writer } = yield* openConnection('127.0.0.1', port);
      writer.write(bytes('STARTTLS\n'));
      yield* writer.startTls({ tls: { ca }, serverName: 'localhost' });
      writer.write(bytes('early\n'));
      expect(String(yield* reader.readline())).toBe('EARLY\n');
      yield* closed(server, writer);
    }));

  it('are closed and reported when the loop ends in the middle of a connection', async () => {
    const errors: unknown[] = [];
    // Both are held: a connection that has been collected is reported later, by its finaliser.
    const { open } = await kind.run(function* () {
      getRunningLoop().setExceptionHandler((_, { message }) => errors.push(message));
      const { port } = yield* serveTls(shout);
      const { writer: open } = yield* connectTls(port);
      const { writer: closing } = yield* connectTls(port);
      closing.close(); // but without waitClosed()
      return { open, closing };
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(open.getExtraInfo('tlsSocket')!.destroyed).toBe(true);
    expect(errors).toContainEqual(expect.stringMatching(/^unclosed transport <TlsTransport fd=\d+>$/));
    expect(errors).toContainEqual(
      expect.stringMatching(/^unclosed transport <TlsTransport fd=\d+>: it was still closing /),
    );
  });
});
