/** The kinds of connections that programs run over, and how both ends are opened. */

import type { EventEmitter } from 'node:events';
import { Socket as NodeSocket } from 'node:net';
import tls from 'node:tls';

import {
  AF_UNIX,
  Future,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_SNDBUF,
  Socket,
  type Steps,
  connectAcceptedSocket,
  connectReadPipe,
  connectWritePipe,
  createConnection,
  createServer,
  createTask,
  pipe,
  socketpair,
  startTls,
} from 'selectloop';
import { fromStream } from 'selectloop/node';
import { memoryPair } from 'selectloop/testing';

import { type LoopKind, everyLoop, hostedLoops } from '../../support/every-loop.js';
import { certificates } from '../../tls/certificates.js';
import type { End } from './end.js';
import type { Random } from '../random.js';

/** A kind of connection. */
export interface Medium {
  readonly name: string;
  readonly loops: readonly LoopKind[];
  readonly connections: { readonly fewest: number; readonly most: number };
  /** Only `a` writes, and only `b` reads. */
  readonly oneWay?: true;
  /** The transports exist before the protocols under test, whose `connectionMade` is never called. */
  readonly unannounced?: true;
  /** Connects both ends. `random` decides what the program leaves open, such as the size of the kernel's buffers. */
  open(a: End, b: End, random: Random): Steps<void>;
}

const ONE = { fewest: 1, most: 1 };

function tcpPair(): [Socket, Socket] {
  const listener = new Socket();
  try {
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    const client = new Socket();
    client.connect(listener.getsockname());
    return [client, listener.accept().socket];
  } finally {
    listener.close();
  }
}

const unixPair = (): [Socket, Socket] => socketpair(AF_UNIX, SOCK_STREAM);

/**
 * Prepares sockets for a loop. Some get small buffers, so that most sends are partial. Only UNIX sockets get a small receive buffer: TCP
 * would wait for delayed acknowledgements.
 */
function prepared(pair: [Socket, Socket], random: Random): [Socket, Socket] {
  const narrow = random.chance(0.3);
  for (const socket of pair) {
    socket.setBlocking(false);
    if (!narrow) continue;
    socket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    if (socket.family === AF_UNIX) socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
  }
  return pair;
}

/** Opens a socket transport for each end. */
function* overSockets(a: End, b: End, [left, right]: [Socket, Socket]): Steps<void> {
  a.attach((yield* connectAcceptedSocket(() => a.current, left)).transport);
  b.attach((yield* connectAcceptedSocket(() => b.current, right)).transport);
}

function* overPipe(a: End, b: End): Steps<void> {
  const ends = pipe();
  b.attach((yield* connectReadPipe(() => b.current, ends.read)).transport);
  a.attach((yield* connectWritePipe(() => a.current, ends.write)).transport);
}

const versionOf = (random: Random): { maxVersion: 'TLSv1.2' | 'TLSv1.3' } => ({
  maxVersion: random.chance(0.25) ? 'TLSv1.2' : 'TLSv1.3',
});

/** One end is the server and the other the client. In some connections one of them is Node's. */
function* overTls(a: End, b: End, random: Random): Steps<void> {
  const { ca, server: identity } = certificates();
  const [client, server] = random.chance(0.5) ? [a, b] : [b, a];
  const options = { ca, servername: 'localhost', allowHalfOpen: true, ...versionOf(random) };
  const foreign = random.weighted<'server' | 'client' | null>([
    [1, 'server'],
    [1, 'client'],
    [2, null],
  ]);
  let port: number;
  let stop: () => void;
  if (foreign === 'server') {
    const listener = tls.createServer({ ...identity, allowHalfOpen: true }, (socket) => adoptStream(server, socket));
    yield* happens(listener.listen(0, '127.0.0.1'), 'listening');
    ({ port } = listener.address() as { port: number });
    stop = () => listener.close();
  } else {
    const listener = yield* createServer(() => server.current, '127.0.0.1', 0, { tls: identity });
    ({ port } = listener.sockets[0]!.getsockname() as { port: number });
    stop = () => listener.close();
  }
  if (foreign === 'client') {
    const socket = tls.connect(port, '127.0.0.1', options);
    yield* happens(socket, 'secureConnect');
    adoptStream(client, socket);
  } else {
    const { maxVersion } = options;
    const connecting = { tls: { ca, maxVersion }, serverName: 'localhost' };
    client.attach((yield* createConnection(() => client.current, '127.0.0.1', port, connecting)).transport);
  }
  while (!server.opened) yield;
  stop();
}

function* happens(emitter: EventEmitter, event: string): Steps<void> {
  const happened = new Future<void>();
  emitter.once(event, () => happened.setResult());
  yield* happened;
}

/** Sends some plaintext in each direction, and then upgrades both ends to TLS. */
function* overStartTls(a: End, b: End, random: Random): Steps<void> {
  const { ca, server: identity } = certificates();
  const [clientSocket, serverSocket] = prepared(random.chance(0.5) ? tcpPair() : unixPair(), random);
  const [client, server] = random.chance(0.5) ? [a, b] : [b, a];
  const asked = new Greeting(random.between(1, 100_000));
  const agreed = new Greeting(random.between(1, 100_000));
  const { transport: below } = yield* connectAcceptedSocket(() => agreed, clientSocket);
  const { transport: serverBelow } = yield* connectAcceptedSocket(() => asked, serverSocket);
  const serving = createTask(function* () {
    yield* asked.complete;
    serverBelow.write(agreed.bytes);
    server.adopt(yield* startTls(serverBelow, server.current, { tls: identity, serverSide: true }));
  });
  below.write(asked.bytes);
  yield* agreed.complete;
  const options = { tls: { ca, ...versionOf(random) }, serverName: 'localhost' };
  client.adopt(yield* startTls(below, client.current, options));
  yield* serving;
}

/** The plaintext before TLS. The receiver knows its length. */
class Greeting {
  readonly bytes: Buffer;
  readonly complete = new Future<void>();
  private received = 0;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length, '*');
  }

  dataReceived(data: Buffer): void {
    this.received += data.length;
    if (this.received === this.bytes.length) this.complete.setResult();
  }
}

/** Opens net.Sockets through `fromStream`. Some connections have a socket of this library at their other end. */
function* overNodeSockets(a: End, b: End, random: Random): Steps<void> {
  const [left, right] = prepared(random.chance(0.5) ? tcpPair() : unixPair(), random);
  const [theirs, ours] = random.chance(0.5) ? [a, b] : [b, a];
  adoptSocket(theirs, left);
  if (random.chance(0.5)) adoptSocket(ours, right);
  else {
    const { transport } = yield* connectAcceptedSocket(() => ({ eofReceived: () => true }), right);
    ours.adopt(transport);
  }
}

const keptAlive = new WeakMap<End, unknown>();

const adoptSocket = (end: End, socket: Socket): void =>
  adoptStream(end, new NodeSocket({ fd: socket.detach(), allowHalfOpen: true }));

function adoptStream(end: End, stream: NodeSocket): void {
  const streams = fromStream(stream);
  keptAlive.set(end, streams); // a writer that is collected closes its connection
  end.adopt(streams.writer.transport);
}

function* overMemory(a: End, b: End): Steps<void> {
  const [left, right] = memoryPair();
  keptAlive.set(a, left);
  keptAlive.set(b, right);
  a.adopt(left.writer.transport);
  b.adopt(right.writer.transport);
}

/** Several connections at the same time, over TCP and UNIX sockets. */
function* overEither(a: End, b: End, random: Random): Steps<void> {
  yield* overSockets(a, b, prepared(random.chance(0.5) ? tcpPair() : unixPair(), random));
}

export const media: readonly Medium[] = [
  {
    name: 'tcp',
    loops: everyLoop,
    connections: ONE,
    open: (a, b, random) => overSockets(a, b, prepared(tcpPair(), random)),
  },
  {
    name: 'unix',
    loops: everyLoop,
    connections: ONE,
    open: (a, b, random) => overSockets(a, b, prepared(unixPair(), random)),
  },
  { name: 'pipe', loops: everyLoop, connections: ONE, oneWay: true, open: overPipe },
  { name: 'several', loops: everyLoop, connections: { fewest: 3, most: 8 }, open: overEither },
  { name: 'memory', loops: everyLoop, connections: ONE, unannounced: true, open: overMemory },
  { name: 'stream', loops: hostedLoops, connections: ONE, unannounced: true, open: overNodeSockets },
  { name: 'tls', loops: hostedLoops, connections: ONE, open: overTls },
  { name: 'starttls', loops: hostedLoops, connections: ONE, unannounced: true, open: overStartTls },
];

export function mediumNamed(name: string): Medium {
  const found = media.find((medium) => medium.name === name);
  if (found === undefined) {
    throw new RangeError(`transport: expected ${media.map((medium) => medium.name).join(', ')}, got ${name}`);
  }
  return found;
}
