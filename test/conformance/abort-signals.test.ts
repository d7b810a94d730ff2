/** Every operation that can wait takes a signal: aborting it ends the operation, and nothing but the operation. */

import { getEventListeners } from 'node:events';

import {
  Barrier,
  Condition,
  type Coroutine,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
  type Steps,
  StreamReader,
  asCompleted,
  createConnection,
  createDatagramEndpoint,
  createServer,
  createSubprocess,
  createTask,
  currentTask,
  gather,
  getaddrinfo,
  getnameinfo,
  moveOnAfter,
  openConnection,
  run,
  sendfile,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvFrom,
  sockRecvFromInto,
  sockRecvMany,
  sockRecvInto,
  sockSendAll,
  taskGroup,
  timeout,
  timeoutAt,
  toThread,
  wait,
  waitFor,
  waitReadable,
  waitWritable,
} from 'selectloop';
import { AF_UNIX, DatagramBatch, SOCK_DGRAM } from 'selectloop/sockets';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { errorOf, everyLoop, turns } from '../support/every-loop.js';
import { Opened, fill } from '../support/sockets.js';

/** Starts an operation that would not end by itself. */
type Start = (signal: AbortSignal) => Coroutine<unknown> | Future | Steps<unknown>;

interface Waits {
  readonly opened: Opened;
  /** Releases what the operations have opened. */
  readonly cleanUp: Array<() => Steps<unknown> | void>;
}

const forever = (): Coroutine<void> => sleep(60_000);

/** Operations in memory. */
const inMemory: Record<string, (waits: Waits) => Start | Steps<Start>> = {
  sleep: () => (signal) => sleep(60_000, undefined, { signal }),
  'Lock.acquire': function* () {
    const lock = new Lock();
    yield* lock.acquire();
    return (signal) => lock.acquire({ signal });
  },
  'Condition.acquire': function* () {
    const condition = new Condition();
    yield* condition.acquire();
    return (signal) => condition.acquire({ signal });
  },
  'Condition.wait': function* () {
    const condition = new Condition();
    yield* condition.acquire();
    return (signal) => condition.wait({ signal });
  },
  'Condition.waitFor': function* () {
    const condition = new Condition();
    yield* condition.acquire();
    return (signal) => condition.waitFor(() => false, { signal });
  },
  'Event.wait': () => {
    const event = new Event();
    return (signal) => event.wait({ signal });
  },
  'Semaphore.acquire': () => {
    const semaphore = new Semaphore(0);
    return (signal) => semaphore.acquire({ signal });
  },
  'Barrier.wait': () => {
    const barrier = new Barrier(2);
    return (signal) => barrier.wait({ signal });
  },
  'Queue.get': () => {
    const queue = new Queue();
    return (signal) => queue.get({ signal });
  },
  'Queue.put': () => {
    const queue = new Queue(1);
    queue.putNowait(1);
    return (signal) => queue.put(2, { signal });
  },
  'Queue.join': () => {
    const queue = new Queue();
    queue.putNowait(1);
    return (signal) => queue.join({ signal });
  },
  gather: () => (signal) => gather([forever(), forever()], { signal }),
  'gather with returnExceptions': () => (signal) => gather([forever()], { signal, returnExceptions: true }),
  wait: () => (signal) => wait([new Future()], { signal }),
  waitFor: () => (signal) => waitFor(new Future(), null, { signal }),
  'waitFor with a limit': () => (signal) => waitFor(forever(), 60_000, { signal }),
  asCompleted: () => (signal) => [...asCompleted([new Future()], { signal })][0]!,
  timeout: () => (signal) => timeout(60_000, forever, { signal }),
  timeoutAt: () => (signal) => timeoutAt(null, forever, { signal }),
  moveOnAfter: () => (signal) => moveOnAfter(60_000, forever, { signal }),
  'taskGroup, its body': () => (signal) => taskGroup(forever, { signal }),
  'taskGroup, its tasks': () => (signal) =>
    taskGroup(
      function* (group) {
        group.createTask(forever);
        yield;
      },
      { signal },
    ),
  'StreamReader.read': () => {
    const reader = new StreamReader();
    return (signal) => reader.read(1, { signal });
  },
  'StreamReader.read to the end': () => {
    const reader = new StreamReader();
    return (signal) => reader.read(-1, { signal });
  },
  'StreamReader.readline': () => {
    const reader = new StreamReader();
    return (signal) => reader.readline({ signal });
  },
  'StreamReader.readExactly': () => {
    const reader = new StreamReader();
    return (signal) => reader.readExactly(1, { signal });
  },
  'StreamReader.readUntil': () => {
    const reader = new StreamReader();
    return (signal) => reader.readUntil(undefined, { signal });
  },
  'StreamWriter.drain': ({ cleanUp }) => {
    const [{ writer }, peer] = memoryPair();
    for (const end of [writer, peer.writer]) cleanUp.push(() => end.transport.abort());
    peer.writer.transport.pauseReading();
    writer.write(Buffer.alloc(1_000_000));
    return (signal) => writer.drain({ signal });
  },
  'StreamWriter.waitClosed': ({ cleanUp }) => {
    const [{ writer }, peer] = memoryPair();
    for (const end of [writer, peer.writer]) cleanUp.push(() => end.close());
    return (signal) => writer.waitClosed({ signal });
  },
};

/** Operations on descriptors. */
const onDescriptors: Record<string, (waits: Waits) => Start | Steps<Start>> = {
  sockRecv: ({ opened }) => {
    const [socket] = opened.pair();
    return (signal) => sockRecv(socket, 1, { signal });
  },
  sockRecvInto: ({ opened }) => {
    const [socket] = opened.pair();
    return (signal) => sockRecvInto(socket, Buffer.alloc(1), { signal });
  },
  sockRecvFrom: ({ opened }) => {
    const [socket] = opened.pair(SOCK_DGRAM);
    return (signal) => sockRecvFrom(socket, 1, { signal });
  },
  sockRecvFromInto: ({ opened }) => {
    const [socket] = opened.pair(SOCK_DGRAM);
    return (signal) => sockRecvFromInto(socket, Buffer.alloc(1), { signal });
  },
  sockRecvMany: ({ opened }) => {
    const [socket] = opened.pair(SOCK_DGRAM);
    return (signal) => sockRecvMany(socket, new DatagramBatch({ family: AF_UNIX }), { signal });
  },
  sockSendAll: ({ opened }) => {
    const [socket] = opened.pair();
    fill(socket);
    return (signal) => sockSendAll(socket, Buffer.alloc(1), { signal });
  },
  sockAccept: ({ opened }) => {
    const { listener } = opened.listener();
    return (signal) => sockAccept(listener, { signal });
  },
  waitReadable: ({ opened }) => {
    const [socket] = opened.pair();
    return (signal) => waitReadable(socket, { signal });
  },
  waitWritable: ({ opened }) => {
    const [socket] = opened.pair();
    fill(socket);
    return (signal) => waitWritable(socket, { signal });
  },
  'StreamReader.read of a connection': function* ({ opened, cleanUp }) {
    const [socket] = opened.pair();
    const { reader, writer } = yield* openConnection(null, null, { socket });
    cleanUp.push(() => writer.close());
    return (signal) => reader.read(1, { signal });
  },
  sendfile: function* ({ opened, cleanUp }) {
    const [socket] = opened.pair();
    fill(socket);
    const { transport } = yield* createConnection(() => ({}), null, null, { socket });
    transport.write(Buffer.alloc(10));
    cleanUp.push(() => transport.abort());
    return (signal) => sendfile(transport, 0, { signal });
  },
  sockConnect: ({ opened }) => {
    const address = busyListener(opened);
    return (signal) => sockConnect(opened.socket(), address, { signal });
  },
  openConnection: ({ opened }) => {
    const { host, port } = busyListener(opened);
    return (signal) => openConnection(host, port, { signal });
  },
  'createConnection with happy eyeballs': ({ opened }) => {
    const { host, port } = busyListener(opened);
    return (signal) => createConnection(() => ({}), host, port, { signal, happyEyeballsDelayMs: 1 });
  },
  'Server.serveForever': () =>
    function* (signal): Steps<void> {
      const server = yield* createServer(() => ({}), '127.0.0.1', 0);
      try {
        yield* server.serveForever({ signal });
      } finally {
        server.close();
      }
    },
  'Server.waitClosed': function* ({ cleanUp }) {
    const server = yield* createServer(() => ({}), '127.0.0.1', 0);
    cleanUp.push(() => server.close());
    return (signal) => server.waitClosed({ signal });
  },
  'Process.wait': function* ({ cleanUp }) {
    const child = yield* createSubprocess('sleep', ['60']);
    cleanUp.push(() => child[Symbol.asyncDispose]()[Symbol.iterator]());
    return (signal) => child.wait({ signal });
  },
};

/** Operations that may end by themselves before the signal is aborted in a later iteration. */
const soonDone: Record<string, Start> = {
  getaddrinfo: (signal) => getaddrinfo('localhost', 80, { signal }),
  getnameinfo: (signal) => getnameinfo({ host: '127.0.0.1', port: 80 }, { signal }),
  'sleep(0)': (signal) => sleep(0, undefined, { signal }),
  createDatagramEndpoint: (signal) =>
    createDatagramEndpoint(() => ({ datagramReceived: () => undefined }), {
      localAddress: { host: '127.0.0.1', port: 0 },
      signal,
    }),
};

/** The address of a listener whose queue is full, so that a connection attempt is not answered. */
function busyListener(opened: Opened): { host: string; port: number } {
  const { address } = opened.listener(0);
  for (let i = 0; i < 2; i += 1) opened.socket().connectEx(address);
  return address;
}

/** Aborts the operation before it starts and while it waits, and cancels its task; each ends it, in its own way. */
function* checkOperation(start: Start, abortAfter = 4): Steps<void> {
  const reason = new Error('the client has gone');
  const operate = (signal: AbortSignal) =>
    function* (): Steps<unknown> {
      try {
        return yield* start(signal);
      } catch (error) {
        if (currentTask()!.cancelling() > 0) throw error;
        return error;
      }
    };
  expect(yield* operate(AbortSignal.abort(reason))()).toBe(reason);

  const controller = new AbortController();
  const { signal } = controller;
  const task = createTask(operate(signal), { eagerStart: true });
  yield* turns(abortAfter);
  expect(task.done()).toBe(false);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  controller.abort(reason);
  expect(yield* task).toBe(reason);
  expect(getEventListeners(signal, 'abort')).toEqual([]);

  const other = new AbortController();
  const second = createTask(operate(other.signal), { eagerStart: true });
  yield* turns(abortAfter);
  second.cancel('enough');
  expect(yield* errorOf(second)).toMatchObject({ name: 'CancelledError', message: 'enough' });
  expect(getEventListeners(other.signal, 'abort')).toEqual([]);
}

function* checkPrepared(prepare: (waits: Waits) => Start | Steps<Start>): Steps<void> {
  using opened = new Opened();
  const cleanUp: Waits['cleanUp'] = [];
  try {
    const prepared = prepare({ opened, cleanUp });
    yield* checkOperation(typeof prepared === 'function' ? prepared : yield* prepared);
  } finally {
    for (const each of cleanUp) yield* each() ?? [];
  }
}

describe('an operation ends with the reason of its signal, and its task continues', () => {
  it.each(Object.entries(inMemory))('%s', async (_, prepare) => {
    await run(() => checkPrepared(prepare));
  });

  it('toThread', () =>
    run(function* () {
      const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
      yield* checkOperation((signal) => toThread({ signal }, block));
      expect(yield* toThread({}, (a: number, b: number) => a + b, 1, 2)).toBe(3);
      expect(() => toThread({ signal: 5 } as never, block)).toThrow('toThread: signal: expected an AbortSignal, got 5');
    }));

  describe.each(everyLoop)('$name', ({ run: runOn }) => {
    it('on descriptors', async () => {
      for (const prepare of Object.values(onDescriptors)) {
        await runOn(() => checkPrepared(prepare));
      }
      for (const start of Object.values(soonDone)) await runOn(() => checkOperation(start, 0));
    });
  });
});
