/** An echo server and 200 clients, both written with the library, on every selector and in both modes and flavours. */

import { randomBytes, randomInt } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  type Steps,
  type Task,
  createTask,
  gather,
  isCancelled,
  run as runHosted,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
} from 'selectloop';
import type { Socket } from 'selectloop/sockets';

import { everyLoop, hostedLoops, waiting } from '../support/every-loop.js';
import { Opened, resetOnClose } from '../support/sockets.js';

const CLIENTS = 200;

/** Random bytes, cut into random pieces. */
function randomPieces(): { data: Buffer; pieces: Buffer[] } {
  const data = randomBytes(randomInt(1, 65_536));
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length;) {
    const size = randomInt(1, 20_000);
    pieces.push(data.subarray(at, at + size));
    at += size;
  }
  return { data, pieces };
}

function* serve(listener: Socket, connections: Set<Task>): Steps<void> {
  for (;;) {
    const { socket } = yield* sockAccept(listener);
    const task = createTask(function* () {
      using connection = socket;
      for (;;) {
        const data = yield* sockRecv(connection, 10_000);
        if (data.length === 0) return;
        yield* sockSendAll(connection, data);
      }
    });
    connections.add(task);
  }
}

function* client(opened: Opened, address: { host: string; port: number }): Steps<void> {
  const socket = opened.socket();
  yield* sockConnect(socket, address);
  const { data, pieces } = randomPieces();
  const sending = createTask(function* () {
    for (const piece of pieces) yield* sockSendAll(socket, piece);
    socket.shutdown('write');
  });
  const echoed: Buffer[] = [];
  for (let chunk = yield* sockRecv(socket, 65_536); chunk.length > 0; chunk = yield* sockRecv(socket, 65_536)) {
    echoed.push(chunk);
  }
  yield* sending;
  if (!Buffer.concat(echoed).equals(data)) throw new Error(`expected ${data.length} bytes back, in order`);
  resetOnClose(socket);
}

async function asyncServe(listener: Socket): Promise<void> {
  for (;;) {
    const { socket } = await sockAccept(listener);
    createTask(async () => {
      using connection = socket;
      for (let data = await sockRecv(connection, 10_000); data.length > 0; data = await sockRecv(connection, 10_000)) {
        await sockSendAll(connection, data);
      }
    });
  }
}

async function asyncClient(opened: Opened, address: { host: string; port: number }): Promise<void> {
  const socket = opened.socket();
  await sockConnect(socket, address);
  const { data, pieces } = randomPieces();
  const sending = createTask(async () => {
    for (const piece of pieces) await sockSendAll(socket, piece);
    socket.shutdown('write');
  });
  const echoed: Buffer[] = [];
  for (let chunk = await sockRecv(socket, 65_536); chunk.length > 0; chunk = await sockRecv(socket, 65_536)) {
    echoed.push(chunk);
  }
  await sending;
  if (!Buffer.concat(echoed).equals(data)) throw new Error(`expected ${data.length} bytes back, in order`);
  resetOnClose(socket);
}

describe.each(everyLoop)('an echo server of generator coroutines ($name)', ({ run }) => {
  it(`serves ${CLIENTS} clients concurrently`, () =>
    run(function* () {
      using opened = new Opened();
      const { listener, address } = opened.listener(CLIENTS);
      const connections = new Set<Task>();
      const serving = createTask(serve(listener, connections));
      yield* gather(Array.from({ length: CLIENTS }, () => createTask(client(opened, address))));
      expect(connections.size).toBe(CLIENTS);
      yield* gather([...connections]);
      expect(waiting()).toEqual({ readers: 1, writers: 0 }); // the listener
      serving.cancel();
    }));
});

describe.each(hostedLoops)('an echo server of async functions ($name)', ({ selector }) => {
  it(`serves ${CLIENTS} clients concurrently`, () =>
    runHosted(
      async () => {
        using opened = new Opened();
        const { listener, address } = opened.listener(CLIENTS);
        const serving = createTask(async () => asyncServe(listener));
        await gather(Array.from({ length: CLIENTS }, () => createTask(async () => asyncClient(opened, address))));
        serving.cancel();
        await expect(Promise.resolve(serving)).rejects.toSatisfy(isCancelled);
      },
      { selector },
    ));
});
