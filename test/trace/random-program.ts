/** Random programs that use everything that changes what a loop holds. */

import {
  Future,
  type Steps,
  type Task,
  type TimedHandle,
  createTask,
  gather,
  getRunningLoop,
  moveOnAfter,
  sleep,
  sockRecv,
  sockSendAll,
  waitReadable,
} from 'selectloop';
import { type Socket, socketpair } from 'selectloop/sockets';

/** Numbers in [0, n), the same for each seed (mulberry32). */
export function randomNumbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}

/** A program of `steps` random steps by several tasks. */
export class RandomProgram {
  private readonly pairs: Array<readonly [Socket, Socket]> = [];
  private readonly tasks: Task[] = [];
  private readonly futures: Array<Future<void>> = [];
  private timers: TimedHandle[] = [];
  private readonly readers = new Set<number>();

  constructor(
    private readonly random: (n: number) => number,
    private steps: number,
    private readonly hosted: boolean,
  ) {}

  *main(): Steps<void> {
    this.rareEvents();
    for (let i = 0; i < 3; i += 1) {
      const [near, far] = socketpair();
      near.setBlocking(false);
      far.setBlocking(false);
      this.pairs.push([near, far]);
    }
    try {
      const workers = Array.from({ length: 4 }, (_, i) => this.start(`worker ${i}`));
      for (const worker of workers) yield* moveOnAfter(2000, () => this.ended(worker));
    } finally {
      for (const task of this.tasks) task.cancel();
      for (const fd of this.readers) getRunningLoop().removeReader(fd);
      for (const pair of this.pairs) for (const socket of pair) socket.close();
    }
  }

  /** What the random steps may do too seldom, depending on the machine. */
  private rareEvents(): void {
    const loop = getRunningLoop();
    loop.callSoon(() => undefined).cancel();
    loop.callLater(0, () => undefined).cancel();
    const timers = Array.from({ length: 150 }, (_, i) => loop.callLater(100 + i, () => undefined));
    for (const timer of timers.slice(0, 100)) timer.cancel();
    const task = createTask(() => sleep(100), { name: 'first' });
    task.setName('second');
    task.cancel();
  }

  private *ended(task: Task): Steps<void> {
    while (!task.done()) yield* sleep(1);
  }

  private start(name: string): Task {
    // An async function's code runs between two iterations, so it needs a hosted loop.
    const task =
      this.hosted && this.random(2) === 0
        ? createTask(async () => await this.asyncWork(), { name })
        : createTask(() => this.work(), { name });
    task.addDoneCallback(() => undefined);
    this.tasks.push(task);
    return task;
  }

  private *work(): Steps<void> {
    while ((this.steps -= 1) > 0) {
      this.change();
      yield* this.wait();
    }
  }

  private async asyncWork(): Promise<void> {
    while ((this.steps -= 1) > 0) {
      this.change();
      await createTask(() => this.wait());
      if (this.random(3) === 0) await sleep(this.random(2));
      if (this.random(5) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Changes something without waiting. */
  private change(): void {
    const loop = getRunningLoop();
    switch (this.random(9)) {
      case 0:
        for (let i = this.random(5); i >= 0; i -= 1) {
          const handle = loop.callSoon(() => undefined);
          if (this.random(3) === 0) handle.cancel();
        }
        break;
      case 1:
        this.timers.push(
          ...Array.from({ length: this.random(100) }, () => loop.callLater(this.random(30), () => undefined)),
        );
        break;
      case 2: // by the hundred
        for (const timer of this.timers) if (this.random(4) > 0) timer.cancel();
        this.timers = this.timers.filter((timer) => !timer.cancelled());
        break;
      case 3:
        this.start(`child ${this.tasks.length}`);
        break;
      case 4:
        this.tasks[this.random(this.tasks.length)]?.cancel('a random cancellation');
        break;
      case 5: {
        const future = this.futures.pop();
        if (future?.done() === false) future.setResult();
        break;
      }
      case 6:
        this.watch();
        break;
      case 7:
        this.tasks[this.random(this.tasks.length)]?.setName(`renamed ${this.random(100)}`);
        break;
      default:
        this.pairs[this.random(3)]?.[1].send(Buffer.alloc(1 + this.random(100)));
    }
  }

  /** Adds or removes a reader of the far end of a pair. */
  private watch(): void {
    const loop = getRunningLoop();
    const far = this.pairs[this.random(3)]?.[1];
    if (far === undefined) return;
    const fd = far.fileno();
    if (this.readers.delete(fd)) loop.removeReader(fd);
    else {
      this.readers.add(fd);
      loop.addReader(fd, () => {
        far.recv(65536);
      });
    }
  }

  private *wait(): Steps<void> {
    const pair = this.pairs[this.random(3)];
    switch (this.random(7)) {
      case 0:
        yield;
        break;
      case 1:
        yield* sleep(this.random(4));
        break;
      case 2:
        yield* moveOnAfter(this.random(5), () => this.receive(pair?.[0]));
        break;
      case 3:
        if (pair !== undefined) yield* sockSendAll(pair[0], Buffer.alloc(this.random(2000)));
        break;
      case 4: {
        const future = new Future<void>();
        this.futures.push(future);
        yield* moveOnAfter(3, function* () {
          yield* future;
        });
        break;
      }
      case 5:
        yield* gather([sleep(this.random(3)), sleep(this.random(3)), sleep(0)]);
        break;
      default:
        yield* sleep(0);
    }
  }

  /** Receives, unless another task does. */
  private *receive(socket: Socket | undefined): Steps<void> {
    if (socket === undefined || getRunningLoop()._descriptors.waiting(socket.fileno(), 'reader') !== null) return;
    if (this.random(2) === 0) yield* sockRecv(socket, 4096);
    else yield* waitReadable(socket.fileno());
  }
}
