/** How an object of each public class is made. */

import * as s from 'selectloop';
import { MemorySelector, Sequencer, VirtualClock, memoryPair } from 'selectloop/testing';
import { Recorder } from 'selectloop/trace';

const nonBlocking = (socket: s.Socket): s.Socket => {
  socket.setBlocking(false);
  return socket;
};

function socketOf(): s.Socket {
  const [a, b] = s.socketpair();
  b.close();
  return nonBlocking(a);
}

function* streams(): s.Steps<{ reader: s.StreamReader; writer: s.StreamWriter }> {
  const [a, b] = s.socketpair();
  b.close();
  return yield* s.openConnection(null, null, { socket: nonBlocking(a) });
}

const handle = (): s.Handle => s.getRunningLoop().callSoon(() => undefined);

/** Runs a body and keeps the object that it receives. */
function* scopeOf<T>(run: (body: (scope: T) => s.Steps<void>) => s.Coroutine<unknown>): s.Steps<T> {
  let kept: T | null = null;
  yield* run(function* (scope: T) {
    kept = scope;
  });
  return kept!;
}

type Maker = () => s.Steps<unknown> | s.Coroutine<unknown>;

const plain = (make: () => unknown): Maker =>
  function* () {
    return make();
  };

/** One for each class that is not an error. Errors are made by their constructors. */
export const INSTANCES: Readonly<Record<string, Maker>> = {
  AsCompleted: plain(() => s.asCompleted([s.sleep(1), s.sleep(1)])),
  Barrier: plain(() => new s.Barrier(2)),
  BaseTransport: function* () {
    return (yield* streams()).writer.transport;
  },
  BoundedSemaphore: plain(() => new s.BoundedSemaphore(1)),
  Condition: plain(() => new s.Condition()),
  Context: plain(() => s.copyContext()),
  ContextVar: plain(() => new s.ContextVar('fuzz', { default: 1 })),
  Coroutine: plain(() => s.sleep(1)),
  DatagramBatch: plain(() => new s.DatagramBatch()),
  DatagramTransport: function* () {
    return (yield* s.createDatagramEndpoint(() => ({ datagramReceived: () => undefined }), {
      localAddress: { host: '127.0.0.1', port: 0 },
    })).transport;
  },
  DefaultSelector: plain(() => new s.DefaultSelector()),
  EpollSelector: plain(() => new s.EpollSelector()),
  Event: plain(() => new s.Event()),
  EventLoop: plain(() => s.getRunningLoop()),
  ExceptionGroup: plain(() => new s.ExceptionGroup('fuzz', [new Error('a'), new s.TimeoutError()])),
  Future: plain(() => new s.Future()),
  Handle: plain(handle),
  LifoQueue: plain(() => new s.LifoQueue(1)),
  Lock: plain(() => new s.Lock()),
  MemorySelector: plain(() => new MemorySelector()),
  PollSelector: plain(() => new s.PollSelector()),
  PriorityQueue: plain(() => new s.PriorityQueue()),
  Process: () => s.createSubprocess('true'),
  Queue: plain(() => new s.Queue(1)),
  Recorder: plain(() => new Recorder()),
  Runner: plain(() => new s.Runner()),
  SelectSelector: plain(() => new s.SelectSelector()),
  Selector: plain(() => new s.SelectSelector()),
  Semaphore: plain(() => new s.Semaphore(1)),
  Sequencer: plain(() => new Sequencer()),
  Server: () => s.createServer(() => ({}), '127.0.0.1', 0),
  Socket: plain(socketOf),
  StreamReader: plain(() => new s.StreamReader()),
  StreamReaderProtocol: plain(() => new s.StreamReaderProtocol(new s.StreamReader())),
  StreamWriter: function* () {
    return memoryPair()[0].writer;
  },
  Task: plain(() => s.createTask(s.sleep(5))),
  TaskGroup: () => scopeOf(s.taskGroup),
  TimedHandle: plain(() => s.getRunningLoop().callLater(1, () => undefined)),
  Timeout: () => scopeOf((body: (scope: s.Timeout) => s.Steps<void>) => s.timeout(5, body)),
  Token: plain(() => new s.ContextVar('fuzz').set(1)),
  Transport: function* () {
    return (yield* streams()).writer.transport;
  },
  VirtualClock: plain(() => new VirtualClock()),
  WorkerPool: plain(() => new s.WorkerPool({ maxWorkers: 1 })),
};
