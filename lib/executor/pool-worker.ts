/**
 * One thread of a pool, seen from the thread that uses it.
 *
 * Answers come through a message port that nobody listens to: in a blocking loop libuv does not run, and no 'message' event
 * would ever come. Instead the thread rings a bell, a pipe that the loop's selector watches, and the port is read then.
 *
 * A limit: a thread that ends for lack of memory cannot ring. libuv tells of it, so a hosted loop hears it, a blocking one does not.
 */

import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from 'node:worker_threads';

import { checked } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { adoptDescriptor } from '../native/adoption.js';
import { native } from '../native/binding.js';
import { closeDescriptor } from '../sockets/descriptor-close.js';
import type { Thrown } from './thread-error.js';
import { workerProgram } from './worker-program.js';

/** What a thread is asked to do. */
export interface Request {
  source: string;
  name: string;
  args: readonly unknown[];
}

/** What it says when it has done it. After the `last` one the thread ends. */
export type Answer = { value: unknown } | { thrown: Thrown; last?: true };

/** `ended`: it ends, without an answer. */
type Message = Answer | { ended: true };

/** Who is told what a thread does. Called while the loop collects events: must schedule, not run, what follows. */
export interface WorkerOwner {
  onAnswer(worker: PoolWorker, answer: Answer): void;
  /** @param answer what it said at its end; null if it had nothing to say */
  onEnd(worker: PoolWorker, answer: Answer | null): void;
}

/** A worker thread that runs one function at a time. */
export class PoolWorker {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly bell: number;
  /** The thread's end of the bell. Ours to close, and only when the thread is gone: it would ring at a stranger's descriptor. */
  private lentEnd: number;
  private ended = false;

  /** @throws OSError EMFILE when no descriptor is left; whatever `new Worker` throws */
  constructor(
    loop: LoopCore,
    private readonly owner: WorkerOwner,
  ) {
    const ends = new Int32Array(2);
    checked(native.pipe(ends), 'pipe');
    [this.bell, this.lentEnd] = ends as unknown as [number, number];
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    try {
      native.setNonBlocking(this.bell, true);
      loop._descriptors.addInternal(this.bell, () => this.rung(), 'worker threads');
      this.worker = new Worker(workerProgram, {
        eval: true,
        execArgv: [], // --input-type=module would make the program another one
        name: 'selectloop',
        workerData: { port: port2, bell: this.lentEnd },
        transferList: [port2],
      });
    } catch (error) {
      this.end();
      this.closeLentEnd();
      throw error;
    }
    for (const end of ends) adoptDescriptor(end);
    this.worker.unref(); // what waits for an answer holds the loop; an idle thread holds nothing
    this.worker.on('error', () => undefined); // the end of the bell tells the same, in both modes
    this.worker.on('exit', () => {
      this.closeLentEnd();
      this.finish();
    });
  }

  /** Sends a job. @throws DataCloneError if an argument cannot be copied */
  post(request: Request): void {
    this.worker.postMessage(request);
  }

  /** Ends the thread, in the middle of what it does. Nobody is told. */
  terminate(): void {
    if (this.ended) return;
    this.end();
    void this.worker.terminate();
  }

  private rung(): void {
    const bytes = new Uint8Array(16);
    native.read(this.bell, bytes, 0, bytes.length);
    const message = this.receive();
    if (message === null) return;
    if ('ended' in message) this.finish(null);
    else if ('last' in message) this.finish(message);
    else this.owner.onAnswer(this, message);
  }

  private receive(): Message | null {
    const received = receiveMessageOnPort(this.port) as { message: Message } | undefined;
    return received?.message ?? null;
  }

  private finish(last: Answer | null = this.lastAnswer()): void {
    if (this.ended) return;
    this.end();
    this.owner.onEnd(this, last);
  }

  /** What it has said that was not heard yet. */
  private lastAnswer(): Answer | null {
    const message = this.ended ? null : this.receive();
    return message === null || 'ended' in message ? null : message;
  }

  private end(): void {
    this.ended = true;
    this.port.close();
    closeDescriptor(this.bell);
  }

  private closeLentEnd(): void {
    if (this.lentEnd < 0) return;
    closeDescriptor(this.lentEnd);
    this.lentEnd = -1;
  }
}
