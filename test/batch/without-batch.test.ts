/** The batch is an optimisation: a loop without it behaves the same, with separate system calls. */

import { describe, expect, it } from 'vitest';

import {
  type EventLoop,
  type Steps,
  createTask,
  gather,
  newEventLoop,
  openConnection,
  sockAccept,
  sockRecv,
  sockSendAll,
  startServer,
} from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { everyLoop } from '../support/every-loop.js';
import { Opened } from '../support/sockets.js';

const CONNECTIONS = 20;
const ROUNDS = 5;

/** A client that sends lines and returns the answers. */
function* client(port: number, name: number): Steps<string[]> {
  const { reader, writer } = yield* openConnection('127.0.0.1', port);
  const answers: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    writer.write(Buffer.from(`${name} says ${round}\n`));
    yield* writer.drain();
    answers.push(String(yield* reader.readline()));
  }
  writer.close();
  yield* writer.waitClosed();
  return answers;
}

function* overStreams(): Steps<string[][]> {
  const server = yield* startServer(
    function* (reader, writer) {
      for (let line; (line = yield* reader.readline()).length > 0;) writer.write(line);
      writer.close();
    },
    '127.0.0.1',
    0,
  );
  const answers = yield* gather(Array.from({ length: CONNECTIONS }, (_, i) => client(server.port, i)));
  server.close();
  yield* server.waitClosed();
  return answers;
}

function* overSockets(): Steps<string[][]> {
  using opened = new Opened();
  const { listener, address } = opened.listener();
  const serving = createTask(function* () {
    const handlers = [];
    for (let i = 0; i < CONNECTIONS; i += 1) {
      const { socket } = yield* sockAccept(listener);
      handlers.push(createTask(() => echo(socket)));
    }
    yield* gather(handlers);
  });
  const answers = yield* gather(Array.from({ length: CONNECTIONS }, (_, i) => client(address.port, i)));
  yield* serving;
  return answers;
}

function* echo(socket: Socket): Steps<void> {
  for (let data; (data = yield* sockRecv(socket, 1000)).length > 0;) yield* sockSendAll(socket, data);
  socket.close();
}

const expected = Array.from({ length: CONNECTIONS }, (_, i) =>
  Array.from({ length: ROUNDS }, (__, round) => `${i} says ${round}\n`),
);

describe.each(everyLoop)('a loop without a batch ($name)', ({ selector, runOn }) => {
  it.each([
    ['streams', overStreams],
    ['sock operations', overSockets],
  ])('serves %s as one with it', async (_, program) => {
    for (const batched of [true, false]) {
      const loop: EventLoop = newEventLoop({ selector });
      if (!batched) loop._batch = null;
      expect(await runOn(loop, program)).toEqual(expected);
    }
  });
});
