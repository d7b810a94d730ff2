/** The scenarios with connections: raw sockets, streams, protocols. */

import { join } from 'node:path';

import {
  Future,
  createConnection,
  createServer,
  createTask,
  createUnixServer,
  createUnixConnection,
  gather,
  isCancelled,
  openConnection,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  startServer,
} from 'selectloop';

import { BYTES, SMALL, LOOPBACK, expectSame, tcpSocket, withFile } from './materials.mjs';

function* recvExactly(socket, count) {
  const parts = [];
  for (let left = count; left > 0;) {
    const data = yield* sockRecv(socket, left);
    if (data.length === 0) throw new Error(`the peer ended ${left} bytes early`);
    parts.push(data);
    left -= data.length;
  }
  return Buffer.concat(parts);
}

/** Keeps the first error of a callback protocol and ends its wait. */
export class Echoed {
  constructor(done, note, message) {
    this.done = done;
    this.note = note;
    this.message = message;
    this.parts = [];
    this.size = 0;
  }
  connectionMade(transport) {
    this.transport = transport;
    transport.write(this.message);
  }
  take(data) {
    this.parts.push(Buffer.from(data));
    this.size += data.length;
    if (this.size === this.message.length) this.transport.close();
  }
  connectionLost(error) {
    if (error !== null) this.note(error);
    if (!this.done.done()) this.done.setResult(Buffer.concat(this.parts));
  }
}

class Echo {
  constructor(note) {
    this.note = note;
  }
  connectionMade(transport) {
    this.transport = transport;
  }
  dataReceived(data) {
    this.transport.write(data);
  }
  connectionLost(error) {
    if (error !== null) this.note(error);
  }
}

/** The same two as buffered protocols. */
function buffered(protocol) {
  const buffer = Buffer.alloc(5000);
  protocol.getBuffer = () => buffer;
  protocol.bufferUpdated = (count) => {
    const data = buffer.subarray(0, count);
    if (protocol.dataReceived !== undefined) protocol.dataReceived(data);
    else protocol.take(data);
  };
  return protocol;
}

export function unbuffered(protocol) {
  protocol.dataReceived ??= (data) => protocol.take(data);
  return protocol;
}

function* protocolEcho(note, shape, clients, message) {
  const server = yield* createServer(
    () => (shape === buffered ? buffered(new Echo(note)) : new Echo(note)),
    '127.0.0.1',
    0,
  );
  try {
    const one = function* () {
      const done = new Future();
      yield* createConnection(() => shape(new Echoed(done, note, message)), '127.0.0.1', server.port);
      const data = yield* done;
      if (data.length !== message.length) note(new Error('the connection ended early'));
      else expectSame(data, message, 'echo');
    };
    yield* gather(Array.from({ length: clients }, one));
    server.close();
    yield* server.waitClosed();
  } finally {
    server.close();
  }
}

/** Connections of each kind. */
export const CONNECTIONS = {
  *sockets(note) {
    const listener = tcpSocket();
    let serving = null;
    try {
      listener.bind(LOOPBACK);
      listener.listen();
      serving = createTask(function* () {
        for (;;) {
          let socket;
          try {
            ({ socket } = yield* sockAccept(listener));
          } catch (error) {
            if (isCancelled(error)) throw error;
            note(error);
            yield* sleep(20);
            continue;
          }
          try {
            for (let data; (data = yield* sockRecv(socket, 65536)).length > 0;) yield* sockSendAll(socket, data);
          } catch (error) {
            if (isCancelled(error)) throw error;
            note(error);
          } finally {
            socket.close();
          }
        }
      });
      for (let i = 0; i < 2; i += 1) {
        const socket = tcpSocket();
        try {
          yield* sockConnect(socket, listener.getsockname());
          const both = [createTask(sockSendAll(socket, BYTES)), createTask(recvExactly(socket, BYTES.length))];
          try {
            expectSame((yield* gather(both))[1], BYTES, 'echo');
          } finally {
            for (const task of both) task.cancel();
          }
        } finally {
          socket.close();
        }
      }
    } finally {
      serving?.cancel();
      listener.close();
    }
  },

  *streams(note) {
    const server = yield* startServer(
      function* (reader, writer) {
        try {
          for (let data; (data = yield* reader.read(65536)).length > 0;) {
            writer.write(data);
            yield* writer.drain();
          }
          writer.close();
          yield* writer.waitClosed();
        } catch (error) {
          if (isCancelled(error)) throw error;
          note(error);
        } finally {
          writer.close();
        }
      },
      '127.0.0.1',
      0,
    );
    try {
      const { reader, writer } = yield* openConnection('127.0.0.1', server.port);
      try {
        writer.write(BYTES);
        writer.writeEof();
        expectSame(yield* reader.readExactly(BYTES.length), BYTES, 'echo');
        if ((yield* reader.read()).length > 0) throw new Error('more than the echo has arrived');
      } finally {
        writer.close();
      }
      yield* writer.waitClosed();
    } finally {
      server.close();
    }
  },

  protocols: (note) => protocolEcho(note, unbuffered, 1, BYTES),
  buffered: (note) => protocolEcho(note, buffered, 1, BYTES),
  /** Many small messages at the same time: the calls are made in batches. */
  batches: (note) => protocolEcho(note, unbuffered, 6, SMALL),

  unix: withFile(function* (note, file, folder) {
    const path = join(folder, 'socket');
    const server = yield* createUnixServer(() => new Echo(note), path);
    try {
      const done = new Future();
      yield* createUnixConnection(() => unbuffered(new Echoed(done, note, BYTES)), path);
      const data = yield* done;
      if (data.length !== BYTES.length) note(new Error('the connection ended early'));
      server.close();
      yield* server.waitClosed();
    } finally {
      server.close();
    }
  }),
};
