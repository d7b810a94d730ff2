/**
 * The handle of one worker thread of a pool.
 *
 * Answers arrive on a message port without a 'message' listener, because libuv does not run in a blocking loop and would never emit the
 * event. Instead the thread writes a byte to a pipe (its bell) that the loop's selector watches, and the port is read then.
 *
 * One limitation: a thread that runs out of memory cannot ring the bell. libuv reports its end, which a hosted loop notices and a
 * blocking loop does not.
 */

import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from 'node:worker_threads';

import { checked } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';
import { Bell } from './bell.js';
import type { Thrown } from './thread-error.js';
import { workerProgram } from './worker-program.js';

/** A job for a thread: a function and its arguments. */
export interface Request {
  source: string;
  name: string;
  args: readonly unknown[];
}

/** The outcome of a job. The thread ends after one with `last`. */
export type Answer = { value: unknown } | { thrown: Thrown; last?: true };

/** A message from the thread. `ended` means that it ends without an answer. */
type Message = Answer | { ended: true };

/** The owner of a thread. Its methods are called during the poll, so they must schedule other code instead of running it. */
export interface WorkerOwner {
  onAnswer(worker: PoolWorker, answer: Answer): void;
  /** The thread has ended. @param answer its last answer; null if there is none */
  onEnd(worker: PoolWorker, answer: Answer | null): void;
}

/** What the thread's own libuv loop opens, and one for the files that Node may read. */
const DESCRIPTORS_OF_A_THREAD = 8;

/**
 * Throws an OSError EMFILE unless a thread can open its descriptors. Without them it ends before it runs any JavaScript, which Node reports
 * through libuv: a blocking loop would wait indefinitely.
 */
function checkFreeDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS_OF_A_THREAD) opened.push(checked(native.eventfd(), 'eventfd'));
  } finally {
    for (const fd of opened) native.close(fd);
  }
}

/** A worker thread that runs one function at a time. */
export class PoolWorker {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly bell: Bell;
  private ended = false;

  /** @throws OSError EMFILE if no descriptor is left; any error of `new Worker` */
  constructor(
    loop: LoopCore,
    private readonly owner: WorkerOwner,
  ) {
    checkFreeDescriptors();
    this.bell = Bell.take();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    try {
      loop._descriptors.addInternal(this.bell.loopEnd, () => this.rung(), 'worker threads');
      this.worker = new Worker(workerProgram, {
        eval: true,
        execArgv: [], // an inherited --input-type=module would change how the program is parsed
        name: 'selectloop',
        workerData: { port: port2, bell: this.bell.threadEnd },
        transferList: [port2],
      });
    } catch (error) {
      this.end();
      throw error;
    }
    this.bell.lend();
    this.worker.unref(); // pending jobs keep the loop running; an idle thread must not
    this.worker.on('error', () => undefined); // the bell reports the same in both modes
    this.worker.on('exit', () => {
      this.bell.threadEnded();
      this.finish();
    });
  }

  /** Sends a job to the thread. @throws DataCloneError if an argument cannot be copied */
  post(request: Request): void {
    this.worker.postMessage(request);
  }

  /** Ends the thread, even in the middle of a job, without calling the owner. */
  terminate(): void {
    if (this.ended) return;
    this.end();
    void this.worker.terminate();
  }

  private rung(): void {
    this.bell.silence();
    // No message: a former thread has rung. Two: the thread has ended after an answer.
    for (let message; !this.ended && (message = this.receive()) !== null;) {
      if ('ended' in message) this.finish(null);
      else if ('last' in message) this.finish(message);
      else this.owner.onAnswer(this, message);
    }
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

  /** Returns the answer on the port that has not been read yet; null if there is none. */
  private lastAnswer(): Answer | null {
    const message = this.ended ? null : this.receive();
    return message === null || 'ended' in message ? null : message;
  }

  private end(): void {
    this.ended = true;
    this.port.close();
    this.bell.giveBack();
  }
}
