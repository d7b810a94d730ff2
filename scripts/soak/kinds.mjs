/** What the cycles of `npm run soak` do: each kind opens something, uses it, and closes it, over and over. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import {
  Future,
  Socket,
  TimeoutError,
  createConnection,
  createDatagramEndpoint,
  createServer,
  createSubprocess,
  createTask,
  getRunningLoop,
  getaddrinfo,
  newEventLoop,
  openConnection,
  run,
  runSync,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  startServer,
  toThread,
  waitFor,
} from 'selectloop';
import { cancelOnAbort } from 'selectloop/node';

const MESSAGE = Buffer.from('sixteen bytes...');
const LOOPBACK = '127.0.0.1';

function check(holds, what) {
  if (!holds) throw new Error(what);
}

class Echo {
  connectionMade(transport) {
    this.transport = transport;
  }
  dataReceived(data) {
    this.transport.write(data);
  }
}

class BufferedEcho {
  buffer = Buffer.alloc(1024);
  connectionMade(transport) {
    this.transport = transport;
  }
  getBuffer() {
    return this.buffer;
  }
  bufferUpdated(count) {
    this.transport.write(this.buffer.subarray(0, count));
  }
}

/** Sends the message, waits for the echo, and closes. */
class Client extends Echo {
  lost = new Future();
  connectionMade(transport) {
    super.connectionMade(transport);
    transport.write(MESSAGE);
  }
  dataReceived(data) {
    check(MESSAGE.equals(data), 'a wrong echo');
    this.transport.close();
  }
  connectionLost(error) {
    if (error === null) this.lost.setResult(null);
    else this.lost.setException(error);
  }
}

class BufferedClient extends Client {
  buffer = Buffer.alloc(1024);
  getBuffer() {
    return this.buffer;
  }
  bufferUpdated(count) {
    this.dataReceived(this.buffer.subarray(0, count));
  }
}

function protocols(EchoClass, ClientClass) {
  return function* (repeat) {
    const server = yield* createServer(() => new EchoClass(), LOOPBACK, 0);
    yield* repeat(function* () {
      const { protocol } = yield* createConnection(() => new ClientClass(), LOOPBACK, server.port);
      yield* protocol.lost;
    });
    server.close();
  };
}

function* echoStreams(reader, writer) {
  for (let data; (data = yield* reader.read(1024)).length > 0;) {
    writer.write(data);
    yield* writer.drain();
  }
  writer.close();
}

async function echoStreamsAsync(reader, writer) {
  for (let data; (data = await reader.read(1024)).length > 0;) {
    writer.write(data);
    await writer.drain();
  }
  writer.close();
}

function* streamCycle(port, options) {
  const { reader, writer } = yield* openConnection(LOOPBACK, port, options);
  writer.write(MESSAGE);
  check(MESSAGE.equals(yield* reader.readExactly(MESSAGE.length)), 'a wrong echo');
  writer.close();
  yield* writer.waitClosed();
}

async function streamCycleAsync(port) {
  const { reader, writer } = await openConnection(LOOPBACK, port);
  writer.write(MESSAGE);
  check(MESSAGE.equals(await reader.readExactly(MESSAGE.length)), 'a wrong echo');
  writer.close();
  await writer.waitClosed();
}

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-soak-'));
  const [key, cert] = ['key', 'cert'].map((name) => join(folder, name));
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tcpSocket() {
  const socket = new Socket();
  socket.setBlocking(false);
  return socket;
}

function* echoSocket(socket) {
  try {
    for (let data; (data = yield* sockRecv(socket, 1024)).length > 0;) yield* sockSendAll(socket, data);
  } finally {
    socket.close();
  }
}

const WORKER = `
  import { parentPort } from 'node:worker_threads';
  import { run, runSync, sleep, startServer } from 'selectloop';
  const main = function* () {
    yield* startServer(() => undefined, '127.0.0.1', 0);
    parentPort.postMessage(null);
    yield* sleep(1e6);
  };
`;

function worker(program) {
  return async () => {
    const thread = new Worker(WORKER + program, { eval: true });
    await new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
    });
    await thread.terminate();
  };
}

/** Both loops; a hosted one alone, for what needs Node's loop. */
const BOTH = ['hosted', 'blocking'];
const HOSTED = ['hosted'];

/**
 * `cycles` is how many `npm run soak` makes. `body` gets `repeat`, which runs one cycle after the other; `outside` is a cycle that runs its
 * loop itself.
 */
export const KINDS = {
  protocols: { cycles: 20_000, modes: BOTH, body: protocols(Echo, Client) },
  buffered: { cycles: 20_000, modes: BOTH, body: protocols(BufferedEcho, BufferedClient) },
  streams: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      const server = yield* startServer(echoStreams, LOOPBACK, 0);
      yield* repeat(() => streamCycle(server.port));
      server.close();
    },
  },
  streamsAsync: {
    cycles: 20_000,
    modes: HOSTED,
    *body(repeat) {
      const server = yield* startServer(echoStreamsAsync, LOOPBACK, 0);
      yield* repeat(() => createTask(() => streamCycleAsync(server.port)));
      server.close();
    },
  },
  sockets: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      const listener = tcpSocket();
      listener.bind({ host: LOOPBACK, port: 0 });
      listener.listen();
      const serving = createTask(function* () {
        for (;;) createTask(echoSocket((yield* sockAccept(listener)).socket));
      });
      yield* repeat(function* () {
        const socket = tcpSocket();
        try {
          yield* sockConnect(socket, listener.getsockname());
          yield* sockSendAll(socket, MESSAGE);
          check(MESSAGE.equals(yield* sockRecv(socket, 1024)), 'a wrong echo');
        } finally {
          socket.close();
        }
      });
      serving.cancel();
      listener.close();
    },
  },
  datagrams: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      const { transport } = yield* createDatagramEndpoint(
        () => ({
          connectionMade(made) {
            this.transport = made;
          },
          datagramReceived(data, address) {
            this.transport.sendTo(data, address);
          },
        }),
        { localAddress: { host: LOOPBACK, port: 0 } },
      );
      const remoteAddress = transport.getExtraInfo('socket').getsockname();
      yield* repeat(function* () {
        const [arrived, lost] = [new Future(), new Future()];
        const client = yield* createDatagramEndpoint(
          () => ({
            connectionMade: (made) => made.sendTo(MESSAGE),
            datagramReceived: (data) => arrived.setResult(data),
            connectionLost: () => lost.setResult(null),
          }),
          { remoteAddress },
        );
        check(MESSAGE.equals(yield* arrived), 'a wrong echo');
        client.transport.close();
        yield* lost;
      });
      transport.close();
    },
  },
  tls: {
    cycles: 20_000,
    modes: HOSTED,
    *body(repeat) {
      const { key, cert } = certificate();
      const server = yield* startServer(echoStreams, LOOPBACK, 0, { tls: { key, cert } });
      yield* repeat(() => streamCycle(server.port, { tls: { ca: cert }, serverName: 'localhost' }));
      server.close();
    },
  },
  children: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      yield* repeat(function* (cycle) {
        const child = yield* createSubprocess('/bin/cat', [], { stdin: 'pipe', stdout: 'pipe' });
        if (cycle % 2 === 0) {
          child.kill();
          check((yield* child.wait()) === -9, 'the child was not killed');
        } else {
          const { stdout } = yield* child.communicate(MESSAGE);
          check(MESSAGE.equals(stdout), 'a wrong output');
        }
      });
    },
  },
  workers: {
    cycles: 1000,
    modes: BOTH,
    outside: { hosted: worker('await run(main);'), blocking: worker('runSync(main);') },
  },
  threads: {
    cycles: 20_000,
    modes: HOSTED,
    *body(repeat) {
      yield* repeat(function* (cycle) {
        check((yield* toThread((n) => n + 1, cycle)) === cycle + 1, 'a wrong sum');
      });
    },
  },
  loops: {
    cycles: 20_000,
    modes: BOTH,
    outside: {
      hosted: () => run(() => sleep(0)),
      blocking() {
        runSync(() => sleep(0));
        const loop = newEventLoop();
        loop.callLater(1000, () => undefined);
        loop.close();
      },
    },
  },
  names: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      yield* repeat(function* () {
        yield* getaddrinfo('localhost', 80);
      });
    },
  },
  timers: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      const loop = getRunningLoop();
      yield* repeat(function* (cycle) {
        for (let i = 0; i < 10; i += 1) loop.callLater(1e6, () => undefined).cancel();
        if (cycle % 100 > 0) return;
        try {
          yield* waitFor(sleep(1e6), 0.1);
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error;
        }
      });
    },
  },
  signals: {
    cycles: 20_000,
    modes: BOTH,
    *body(repeat) {
      const loop = getRunningLoop();
      yield* repeat(function* () {
        const arrived = new Future();
        loop.addSignalHandler('SIGUSR2', () => arrived.setResult(null));
        process.kill(process.pid, 'SIGUSR2');
        yield* arrived;
        loop.removeSignalHandler('SIGUSR2');
      });
    },
  },
  abortSignals: {
    cycles: 20_000,
    modes: HOSTED,
    *body(repeat) {
      const lasting = new AbortController();
      yield* repeat(function* (cycle) {
        yield* cancelOnAbort(lasting.signal, sleep(0));
        if (cycle % 2 === 0) return;
        const controller = new AbortController();
        const cancelled = cancelOnAbort(controller.signal, sleep(1e6));
        controller.abort();
        try {
          yield* cancelled;
        } catch (error) {
          if (error.name !== 'CancelledError') throw error;
        }
      });
    },
  },
};
