/** Programs that handle n elements, for steps.scaling.ts. */

import {
  ExceptionGroup,
  Future,
  LifoQueue,
  PriorityQueue,
  Queue,
  type Task,
  asCompleted,
  createTask,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from 'selectloop';
import { EVENT_READ, EVENT_WRITE } from 'selectloop/selectors';
import { onDescriptorClose } from 'selectloop/sockets';
import { StreamReader } from 'selectloop/streams';
import { MemorySelector, memoryPair } from 'selectloop/testing';
import { expect } from 'vitest';

import { PairingHeap } from '../../lib/collections/pairing-heap.js';
import { RingQueue } from '../../lib/collections/ring-queue.js';
import { type HeapEntry, TimerHeap } from '../../lib/collections/timer-heap.js';
import { DatagramQueue } from '../../lib/datagrams/datagram-queue.js';
import { ChunkList } from '../../lib/streams/chunk-list.js';
import { WriteQueue } from '../../lib/transports/write-queue.js';

export type Program = (n: number) => unknown;

export const times = (n: number): number[] => [...Array(n).keys()];

/** Starts `n` tasks and lets them run until they wait. */
export async function startAll<T>(n: number, body: (i: number) => PromiseLike<T>): Promise<Array<Task<T>>> {
  const tasks = times(n).map((i) => createTask(async () => await body(i)));
  await sleep(1);
  return tasks;
}

/** Starts `n` tasks, each of which waits for the one before it. */
function chain(n: number): Task[] {
  const tasks: Task[] = [];
  for (let i = 0; i < n; i += 1) {
    const previous: Future = tasks.at(-1) ?? new Future();
    tasks.push(
      createTask(function* () {
        yield* previous;
      }),
    );
  }
  return tasks;
}

/** The steps of these grow with n. */
export const linear: Record<string, Program> = {
  'of gather': (n) => run(() => gather(times(n).map(() => sleep(0)))),
  'of a gather that is cancelled': (n) =>
    run(async () => {
      const all = gather(times(n).map(() => sleep(1000)));
      await sleep(0);
      all.cancel();
      await wait([all]);
    }),
  'of wait': (n) => run(() => wait(times(n).map(() => createTask(sleep(0))))),
  'of for await over asCompleted': (n) =>
    run(async () => {
      let count = 0;
      for await (const future of asCompleted(times(n).map(() => sleep(0)))) count += future.done() ? 1 : 0;
      expect(count).toBe(n);
    }),
  'of a task group': (n) =>
    run(() =>
      taskGroup(async (group) => {
        for (const i of times(n)) group.createTask(sleep(i % 2));
        await sleep(0);
      }),
    ),
  'of a task group that is cancelled': (n) =>
    run(() =>
      taskGroup(async (group) => {
        for (let i = 0; i < n; i += 1) group.createTask(sleep(1000));
        await sleep(0);
        group.cancel();
      }),
    ),
  'of shields that are cancelled': (n) =>
    run(async () => {
      const inner = await startAll(n, () => sleep(5));
      for (const task of inner) shield(task).cancel();
      await wait(inner);
    }),
  'of shields of one future that are cancelled': (n) =>
    run(() => {
      const inner = new Future();
      const shields = times(n).map(() => shield(inner));
      for (const outer of shields) outer.cancel();
      return wait(shields);
    }),
  'of waitFor on one future with limits that are reached': (n) =>
    run(async () => {
      const shared = new Future();
      await gather(
        times(n).map(() => waitFor(shield(shared), 1)),
        { returnExceptions: true },
      );
    }),
  'of tasks that wait for one future and are cancelled': (n) =>
    run(async () => {
      const shared = new Future();
      const tasks = await startAll(n, () => wait([shared]));
      for (const task of tasks) task.cancel();
      await wait(tasks);
    }),
  'of a chain of tasks that is cancelled from its end': (n) =>
    run(async () => {
      const tasks = chain(n);
      await sleep(0);
      tasks.at(-1)?.cancel();
      await wait(tasks);
    }),
  'of a chain of tasks that is left at the end of a run': (n) => run(() => (chain(n), sleep(0))),
  'of nested gathers that are cancelled': (n) =>
    run(() => {
      let outer: Future = new Future();
      for (let level = 0; level < n; level += 1) outer = gather([outer]);
      outer.cancel();
      return wait([outer]);
    }),
  'of splitting nested exception groups': (n) => {
    let group = new ExceptionGroup('innermost', [new TypeError('one'), new RangeError('other')]);
    for (let level = 1; level < n; level += 1) group = new ExceptionGroup('level', [group]);
    expect(group.split(TypeError)).not.toContain(null);
  },
  'of callbacks that are removed from one future': (n) =>
    run(() => {
      const shared = new Future();
      const callbacks = times(n).map(() => () => undefined);
      for (const callback of callbacks) shared.addDoneCallback(callback);
      for (const callback of callbacks) expect(shared.removeDoneCallback(callback)).toBe(1);
      return sleep(0);
    }),
  'of time limits that are not reached': (n) =>
    run(() => gather(times(n).map(() => timeout(1000, async () => await sleep(0))))),
  'of waitFor with limits that are reached': (n) =>
    run(async () => {
      const tasks = times(n).map(() => createTask(waitFor(sleep(1000), 1)));
      await wait(tasks);
      for (const task of tasks) task.exception();
    }),
  'of timers that are cancelled': (n) =>
    run(async () => {
      const loop = getRunningLoop();
      for (const handle of times(n).map((i) => loop.callLater(1000 + ((i * 7) % n), () => undefined))) handle.cancel();
      await sleep(0);
    }),
  'in a Queue': (n) => fillAndEmpty(new Queue<number>(), n),
  'in a LifoQueue': (n) => fillAndEmpty(new LifoQueue<number>(), n),
  'through a Queue of one place': (n) =>
    run(async () => {
      const queue = new Queue<number>(1);
      const putters = times(n).map((i) => createTask(queue.put(i)));
      for (let i = 0; i < n; i += 1) expect(await queue.get()).toBe(i);
      await wait(putters);
    }),
  'in a RingQueue': (n) => {
    const queue = new RingQueue<number>(4);
    for (const i of times(n)) queue.push(i);
    while (queue.length > 0) queue.shift();
  },
  'in a DatagramQueue': (n) => {
    const queue = new DatagramQueue();
    for (let i = 0; i < n; i += 1) queue.push(Buffer.alloc(1), null);
    while (queue.size > 0) queue.dropFirst();
  },
  'in a ChunkList': (n) => {
    const list = new ChunkList();
    for (let i = 0; i < n; i += 1) list.push(Buffer.alloc(2000));
    while (list.length > 0) list.take(Math.min(list.length, 1500));
  },
  'in a WriteQueue': (n) => {
    const queue = new WriteQueue();
    for (let i = 0; i < n; i += 1) queue.push(Buffer.alloc(2000));
    while (queue.size > 0) queue.drop(Math.min(queue.size, queue.parts()[0]!.length));
  },
  'of a closing descriptor': (n) => {
    for (const subscription of times(n).map(() => onDescriptorClose(() => undefined))) subscription[Symbol.dispose]();
  },
  'of a selector': (n) => {
    const selector = new MemorySelector();
    for (const fd of times(n)) selector.register(fd, EVENT_READ);
    for (const fd of times(n)) selector.modify(fd, EVENT_WRITE);
    for (const fd of times(n)) selector.unregister(fd);
    selector.close();
  },
  'written in memory before the peer reads': (n) =>
    run(async () => {
      const [left, right] = memoryPair();
      for (let i = 0; i < n; i += 1) left.writer.write(Buffer.alloc(10));
      left.writer.close();
      for (let i = 0; i < n; i += 1) await right.reader.readExactly(10);
      right.writer.close();
    }),
  'as lines': (n) => readRecords(n, (reader) => reader.readline()),
  'as records with one of three separators': (n) =>
    readRecords(n, (reader) => reader.readUntil([Buffer.from('\n'), Buffer.from('\r\n'), Buffer.from('\0\0')])),
  'of one record that arrives byte by byte': (n) =>
    run(async () => {
      const reader = new StreamReader();
      const line = createTask(reader.readUntil(Buffer.from('\r\n')));
      for (let i = 0; i < n; i += 1) {
        reader.feedData(Buffer.from('x'));
        await sleep(0);
      }
      reader.feedData(Buffer.from('\r\n'));
      await line;
    }),
};

/** The steps of these grow with n log n. */
export const almostLinear: Record<string, Program> = {
  'in a PriorityQueue': (n) => {
    const queue = new PriorityQueue<number>();
    for (const i of times(n)) queue.putNowait((i * 7919) % n);
    while (!queue.empty()) queue.getNowait();
  },
  'in a PairingHeap': (n) => {
    const heap = new PairingHeap<number>((a, b) => a - b);
    for (const i of times(n)) heap.push((i * 7919) % n);
    while (heap.length > 0) heap.shift();
  },
  'in a TimerHeap': (n) => {
    const heap = new TimerHeap<HeapEntry>();
    for (const i of times(n)) heap.push({ _when: (i * 7919) % n, _sequence: i });
    while (heap.size > 0) heap.pop();
  },
};

function fillAndEmpty(queue: Queue<number>, n: number): void {
  for (const i of times(n)) queue.putNowait(i);
  while (!queue.empty()) queue.getNowait();
}

/** Reads `n` short records that are in the buffer from the start. */
function readRecords(n: number, read: (reader: StreamReader) => PromiseLike<Buffer>): Promise<void> {
  return run(async () => {
    const reader = new StreamReader();
    for (let i = 0; i < n; i += 1) reader.feedData(Buffer.from('a record of some length\n'));
    reader.feedEof();
    while (!reader.atEof()) await read(reader);
  });
}
