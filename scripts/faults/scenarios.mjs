/**
 * What the library does while system calls fail: each scenario uses one part of it, on loopback, and checks what arrives.
 *
 * `note` is for errors that end only a part of a scenario: a connection that the other side then sees ending. A scenario that can finish
 * without that part returns.
 */

import { constants } from 'node:os';

import {
  AF_INET,
  EVENT_READ,
  Future,
  OSError,
  SOCK_DGRAM,
  Socket,
  connectReadPipe,
  connectWritePipe,
  createDatagramEndpoint,
  createSubprocess,
  fd,
  gather,
  getRunningLoop,
  getaddrinfo,
  getnameinfo,
  isCancelled,
  moveOnAfter,
  openConnection,
  pipe,
  selectorByName,
  sendfile,
  sleep,
  sockConnect,
  sockRecvFrom,
  sockSendFile,
  sockSendTo,
  socketpair,
  startServer,
  toThread,
  waitFor,
} from 'selectloop';

import { CONNECTIONS, Echoed, unbuffered } from './connections.mjs';
import { BYTES, SMALL, LOOPBACK, expectSame, closeAll, tcpSocket, withFile } from './materials.mjs';

/** A selector; if it cannot be made, the sockets are closed. */
function openSelector(name, ...sockets) {
  try {
    return new (selectorByName(name))();
  } catch (error) {
    closeAll(...sockets);
    throw error;
  }
}

/** A server that reads everything from each client, and a future with what the first one has sent. */
function* collectingServer(note) {
  const received = new Future();
  const server = yield* startServer(
    function* (reader, writer) {
      try {
        const data = yield* reader.read();
        if (!received.done()) received.setResult(data);
      } catch (error) {
        if (isCancelled(error)) throw error;
        note(error);
        if (!received.done()) received.setException(error);
      } finally {
        writer.close();
      }
    },
    '127.0.0.1',
    0,
  );
  return { server, received };
}

export const SCENARIOS = {
  ...CONNECTIONS,

  *datagrams(note) {
    const server = yield* createDatagramEndpoint(
      () => ({
        connectionMade(transport) {
          this.transport = transport;
        },
        datagramReceived(data, address) {
          this.transport.sendTo(data, address);
        },
        errorReceived: note,
      }),
      { localAddress: LOOPBACK },
    );
    const socket = new Socket(AF_INET, SOCK_DGRAM);
    try {
      socket.setBlocking(false);
      socket.bind(LOOPBACK);
      for (let i = 0; i < 3; i += 1) {
        // A datagram may be lost, so the client repeats it.
        for (let arrived = false; !arrived;) {
          yield* sockSendTo(socket, SMALL, server.transport.getExtraInfo('socket').getsockname());
          const { cancelled, value } = yield* moveOnAfter(100, () => sockRecvFrom(socket, 100));
          arrived = !cancelled;
          if (arrived) expectSame(value.data, SMALL, 'datagram');
        }
      }
    } finally {
      socket.close();
      server.transport.close();
    }
  },

  *messages() {
    yield* sleep(0);
    const [left, right] = socketpair();
    const received = [];
    try {
      right.setTimeout(1000);
      const message = Buffer.concat([SMALL, SMALL]);
      const sent = left.sendMsg([SMALL, SMALL], { fds: [left.fileno()] });
      if (sent < message.length) left.sendAll(message.subarray(sent));
      left.close();
      for (let size = 0; size < 2 * SMALL.length;) {
        const { data, fds } = right.recvMsg(100, { maxFds: 2 });
        received.push(...fds);
        if (data.length === 0) break;
        size += data.length;
      }
      if (received.length !== 1) throw new Error(`expected 1 descriptor, got ${received.length}`);
    } finally {
      for (const number of received) fd.close(number);
      closeAll(left, right);
    }
  },

  *children(note) {
    const child = yield* createSubprocess('/bin/cat', [], { stdin: 'pipe', stdout: 'pipe', cwd: '/' });
    try {
      const { stdout } = yield* child.communicate(BYTES);
      // A child need not read all of its input: EPIPE is no error.
      if (!BYTES.subarray(0, stdout.length).equals(stdout)) throw new Error('the output is not the input');
      if (stdout.length < BYTES.length) note(new OSError(-constants.errno.EPIPE, 'write'));
    } finally {
      if (child.returncode === null) child.kill();
    }
    const other = yield* createSubprocess('/bin/sleep', ['100'], { detached: true });
    try {
      other.terminate();
      yield* waitFor(other.wait(), 500);
    } finally {
      if (other.returncode === null) process.kill(other.pid, 'SIGKILL');
    }
  },

  *names() {
    yield* getaddrinfo('localhost', 80);
    yield* getnameinfo({ host: '127.0.0.1', port: 80 }, { numericHost: true, numericService: true });
  },

  *threads() {
    const sum = yield* toThread((a, b) => a + b, 20, 22);
    if (sum !== 42) throw new Error(`expected 42, got ${sum}`);
  },

  *timers() {
    const started = performance.now();
    yield* gather([sleep(1.25), sleep(5.5), sleep(3)]);
    const elapsed = performance.now() - started;
    if (elapsed < 5.5) throw new Error(`a timer of 5.5 ms has fired after ${elapsed} ms`);
  },

  *signals() {
    const loop = getRunningLoop();
    const arrived = new Future();
    loop.addSignalHandler('SIGUSR2', () => arrived.done() || arrived.setResult(null));
    try {
      process.kill(process.pid, 'SIGUSR2');
      yield* arrived;
    } finally {
      loop.removeSignalHandler('SIGUSR2');
    }
  },

  files: withFile(function* (note, file) {
    const { server, received } = yield* collectingServer(note);
    try {
      const { writer } = yield* openConnection('127.0.0.1', server.port);
      try {
        yield* sendfile(writer.transport, file);
      } finally {
        writer.close();
      }
      expectSame(yield* received, BYTES, 'file');
    } finally {
      server.close();
    }
  }),

  socketFiles: withFile(function* (note, file) {
    const { server, received } = yield* collectingServer(note);
    const socket = tcpSocket();
    try {
      yield* sockConnect(socket, { host: '127.0.0.1', port: server.port });
      yield* sockSendFile(socket, file);
      socket.close();
      expectSame(yield* received, BYTES, 'file');
    } finally {
      socket.close();
      server.close();
    }
  }),

  *pipes(note) {
    const ends = pipe();
    const done = new Future();
    const echoed = unbuffered(new Echoed(done, note, BYTES));
    echoed.connectionMade = () => undefined;
    echoed.take = function (data) {
      this.parts.push(Buffer.from(data));
    };
    let { read, write } = ends;
    try {
      // The calls check the descriptors and then own them, also if connecting fails.
      const reading = connectReadPipe(() => echoed, read);
      read = -1;
      yield* reading;
      const writing = connectWritePipe(() => ({ connectionLost: (error) => error && note(error) }), write);
      write = -1;
      const { transport } = yield* writing;
      transport.write(BYTES);
      transport.close();
      const data = yield* done;
      if (data.length !== BYTES.length) note(new Error('the pipe ended early'));
    } finally {
      for (const number of [read, write]) if (number >= 0) fd.close(number);
    }
  },

  *selectors() {
    yield* sleep(0);
    for (const name of ['select', 'poll', 'epoll']) {
      const [left, right] = socketpair();
      const selector = openSelector(name, left, right);
      try {
        selector.register(right, EVENT_READ);
        left.sendAll(SMALL);
        const events = selector.select(1000);
        if (events.length !== 1) throw new Error(`${name}: expected 1 event, got ${events.length}`);
        right.setTimeout(1000);
        let text = '';
        while (text.length < SMALL.length) text += right.recv(100);
        expectSame(text, SMALL, name);
      } finally {
        closeAll(selector, left, right);
      }
    }
  },
};
