/** The kinds of connections on which streams must behave the same, and how to open a connected pair of streams on each. */

import { once } from 'node:events';
import net from 'node:net';

import {
  Future,
  type Server,
  type Steps,
  type StreamReader,
  type StreamReaderOptions,
  type StreamWriter,
  type Streams,
  createTask,
  openConnection,
  openUnixConnection,
  startServer,
  startUnixServer,
} from 'selectloop';
import { fromPromise, fromStream } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';

import { certificates } from '../../tls/certificates.js';

export const kinds = ['tcp', 'unix', 'tls', 'starttls', 'stream', 'memory'] as const;
export type Kind = (typeof kinds)[number];

/** Two connected ends, and how to close everything that belongs to them. */
export interface Pair {
  readonly a: Streams;
  readonly b: Streams;
  close(): Steps<void>;
}

/** Opens a pair: `a` has connected, `b` was accepted. Both readers have the options. */
export function* opened(kind: Kind, options: StreamReaderOptions): Steps<Pair> {
  if (kind === 'memory') return memory(options);
  if (kind === 'stream') return yield* nodeSockets(options);
  return yield* served(kind, options);
}

function* closeEnds(...ends: Streams[]): Steps<void> {
  for (const { writer } of ends) writer.transport.abort();
  for (const { writer } of ends) {
    try {
      yield* writer.waitClosed();
    } catch {
      // The scenario has seen it, if it matters.
    }
  }
}

function memory(options: StreamReaderOptions): Pair {
  const [a, b] = memoryPair(options);
  return { a, b, close: () => closeEnds(a, b) };
}

function* nodeSockets(options: StreamReaderOptions): Steps<Pair> {
  const server = net.createServer({ allowHalfOpen: true });
  const listening = once(server, 'listening');
  server.listen(0, '127.0.0.1');
  yield* fromPromise(listening);
  const accepted = once(server, 'connection');
  const socket = net.connect({ port: (server.address() as net.AddressInfo).port, allowHalfOpen: true });
  const [peer] = (yield* fromPromise(accepted)) as [net.Socket];
  server.close();
  const [a, b] = [fromStream(socket, options), fromStream(peer, options)];
  return { a, b, close: () => closeEnds(a, b) };
}

let sockets = 0;

function* served(kind: 'tcp' | 'unix' | 'tls' | 'starttls', options: StreamReaderOptions): Steps<Pair> {
  const { ca, server: identity } = certificates();
  const accepted = new Future<Streams>();
  const over = new Future<void>();
  function* handler(reader: StreamReader, writer: StreamWriter): Steps<void> {
    accepted.setResult({ reader, writer });
    yield* over; // a handler that returns closes its connection
  }
  let server: Server;
  let a: Streams;
  if (kind === 'unix') {
    const path = `\0selectloop-differential-${process.pid}-${(sockets += 1)}`;
    server = yield* startUnixServer(handler, path, options);
    a = yield* openUnixConnection(path, options);
  } else {
    const tls = kind === 'tls';
    server = yield* startServer(handler, '127.0.0.1', 0, { ...options, ...(tls && { tls: identity }) });
    const { port } = server.sockets[0]!.getsockname() as { port: number };
    const secured = tls ? { tls: { ca }, serverName: 'localhost' } : {};
    a = yield* openConnection('127.0.0.1', port, { ...options, ...secured });
  }
  const b = yield* accepted;
  if (kind === 'starttls') {
    const accepting = createTask(b.writer.startTls({ tls: identity }));
    yield* a.writer.startTls({ tls: { ca }, serverName: 'localhost' });
    yield* accepting;
  }
  function* close(): Steps<void> {
    yield* closeEnds(a, b);
    over.setResult();
    server.close();
    yield* server.waitClosed();
  }
  return { a, b, close };
}
