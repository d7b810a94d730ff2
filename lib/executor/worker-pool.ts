/**
 * A pool of worker threads.
 *
 * Existing packages cannot be used: they deliver results through libuv messages, which do not arrive under a blocking loop, and they run
 * files instead of functions. Without those parts a pool is little more than a queue.
 */

import { availableParallelism } from 'node:os';

import { RingQueue } from '../collections/ring-queue.js';
import {
  InvalidStateError,
  checkNames,
  nameOfFunction,
  optionNames,
  outOfRange,
  ownOptions,
  wrongType,
} from '../errors/index.js';
import { LoopCore } from '../loop/loop-core.js';
import { Future } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { Executor } from './executor.js';
import { functionSource } from './function-source.js';
import { type Answer, PoolWorker, type Request, type WorkerOwner } from './pool-worker.js';
import { revive } from './thread-error.js';

/** Options of a pool. */
export interface WorkerPoolOptions {
  /** The maximum number of threads. Default: the number of processors, but at least 2. */
  maxWorkers?: number;
  /** The loop that gets the results. Default: the loop that is running at the first `submit`. */
  loop?: LoopCore;
}

const OPTIONS = optionNames<WorkerPoolOptions>({ maxWorkers: true, loop: true });

/**
 * Runs self-contained functions in worker threads, each thread one function at a time. Threads are started on demand and kept until
 * `shutdown()` or until the loop closes. An idle pool does not keep the process alive.
 */
export class WorkerPool implements Executor, Disposable {
  private readonly maxWorkers: number;
  private loop: LoopCore | null = null;
  private readonly waiting = new RingQueue<Job<unknown>>();
  private readonly idle: PoolWorker[] = [];
  private readonly busy = new Map<PoolWorker, Job<unknown>>();
  private isShutDown = false;

  /** @throws TypeError or RangeError unless `maxWorkers` is an integer of at least 1 */
  constructor(options: WorkerPoolOptions = {}) {
    checkNames('WorkerPool: options', options, OPTIONS);
    const { maxWorkers = Math.max(2, availableParallelism()), loop } = ownOptions('WorkerPool: options', options);
    if (typeof maxWorkers !== 'number')
      throw wrongType('WorkerPool: maxWorkers', 'an integer of at least 1', maxWorkers);
    if (!Number.isInteger(maxWorkers) || maxWorkers < 1)
      throw outOfRange('WorkerPool: maxWorkers', 'an integer of at least 1', maxWorkers);
    if (loop !== undefined && !(loop instanceof LoopCore)) throw wrongType('WorkerPool: loop', 'an EventLoop', loop);
    this.maxWorkers = maxWorkers;
    if (loop !== undefined) this.bind(loop);
  }

  /**
   * Runs `fn(...args)` in a thread; jobs start in the order in which they were submitted. The future gets the return value of `fn` (for an
   * async function, the value of its promise) or the error that it throws.
   *
   * Cancelling the future ends the thread, even in the middle of the function. A cancelled job that has not started never starts.
   *
   * @throws TypeError for a function that is not self-contained, or an argument that cannot be copied (structured clone);
   *   InvalidStateError after `shutdown()` and on another loop
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    const source = functionSource(fn, 'runInExecutor');
    const loop = this.checkUsable();
    const request = { source, name: nameOfFunction(fn) || 'the function', args };
    const worker = this.freeWorker(loop);
    const job = new Job<Awaited<R>>(loop, worker === null ? snapshot(request) : request, this.abandon);
    if (worker === null) this.waiting.push(job);
    else this.begin(worker, job);
    loop._ref();
    return job;
  }

  /** Ends all threads, cancels running and queued jobs, and refuses new ones. Idempotent. */
  shutdown(): void {
    if (this.isShutDown) return;
    this.isShutDown = true;
    for (const job of this.busy.values()) job.cancel();
    for (let job; (job = this.waiting.shift()) !== undefined;) job.cancel();
    for (const worker of this.idle.splice(0)) worker.terminate();
  }

  /** Same as {@link shutdown}. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  private bind(loop: LoopCore): LoopCore {
    loop._closeHooks.push(() => this.shutdown());
    this.loop = loop;
    return loop;
  }

  private checkUsable(): LoopCore {
    if (this.isShutDown) throw new InvalidStateError('cannot submit a job: the WorkerPool was shut down');
    if (this.loop === null) return this.bind(currentLoop());
    this.loop.checkOpen();
    return this.loop;
  }

  /** Returns an idle thread, starting one if needed; null if all are busy and `maxWorkers` is reached. */
  private freeWorker(loop: LoopCore): PoolWorker | null {
    const worker = this.idle.pop();
    if (worker !== undefined) return worker;
    return this.busy.size < this.maxWorkers ? new PoolWorker(loop, this.owner) : null;
  }

  private begin(worker: PoolWorker, job: Job<unknown>): void {
    try {
      worker.post(job.request);
    } catch (error) {
      this.idle.push(worker);
      checkCopied(job.request);
      throw error;
    }
    this.busy.set(worker, job);
    job.worker = worker;
  }

  private readonly owner: WorkerOwner = {
    onAnswer: (worker, answer) => {
      const job = this.busy.get(worker);
      this.release(worker);
      this.idle.push(worker);
      if (job !== undefined) settle(job, answer);
      this.beginNext();
    },
    onEnd: (worker, answer) => {
      const job = this.busy.get(worker);
      this.release(worker);
      const place = this.idle.indexOf(worker);
      if (place >= 0) this.idle.splice(place, 1);
      if (job !== undefined) settle(job, answer);
      this.beginNext();
    },
  };

  private release(worker: PoolWorker): void {
    if (this.busy.delete(worker)) this.loop!._unref();
  }

  /** Starts the first queued job, if a thread is free. If no thread can be started, the job fails, not the loop. */
  private beginNext(): void {
    while (this.waiting.length > 0 && !this.isShutDown) {
      if (this.idle.length === 0 && this.busy.size >= this.maxWorkers) return;
      const job = this.waiting.shift()!;
      if (job.done()) continue; // cancelled while it was queued
      try {
        this.begin(this.freeWorker(this.loop!)!, job);
      } catch (error) {
        this.loop!._unref();
        job._fail(error);
      }
    }
  }

  /** Handles the cancellation of a job. */
  private readonly abandon = (job: Job<unknown>): void => {
    if (job.worker === null) {
      this.loop!._unref(); // the job stays in the queue until beginNext() skips it
      return;
    }
    this.release(job.worker);
    job.worker.terminate();
    this.beginNext();
  };
}

/** The future of a function call in another thread. */
class Job<T> extends Future<T> {
  /** The thread that runs it; null while it is queued. */
  worker: PoolWorker | null = null;

  constructor(
    loop: LoopCore,
    readonly request: Request,
    private readonly onCancel: (job: Job<unknown>) => void,
  ) {
    super({ loop });
  }

  override cancel(reason?: unknown): boolean {
    const cancelled = super.cancel(reason);
    if (cancelled) this.onCancel(this);
    return cancelled;
  }

  protected override describeState(): string {
    return `${super.describeState()} ${this.request.name} in a thread`;
  }
}

function settle(job: Job<unknown>, answer: Answer | null): void {
  if (job.done()) return;
  if (answer === null)
    job._fail(new InvalidStateError(`the worker thread ended before ${job.request.name} had returned`));
  else if ('thrown' in answer) job._fail(revive(answer.thrown));
  else job._finish(answer.value);
}

/** Copies a queued request, because the caller may change the arguments before it starts. */
function snapshot(request: Request): Request {
  checkCopied(request);
  return { ...request, args: structuredClone(request.args) };
}

/** Throws an error that names the argument that cannot be copied. The error of structured clone names only the value. */
function checkCopied({ name, args }: Request): void {
  for (const [index, argument] of args.entries()) {
    try {
      structuredClone(argument);
    } catch (cause) {
      const error = wrongType(
        `argument ${index + 1} of ${name}`,
        'a value that can be copied to another thread',
        argument,
      );
      throw Object.assign(error, { cause });
    }
  }
}
