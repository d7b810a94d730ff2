/**
 * The rest of a coroutine that an async function awaits.
 *
 * `await coroutine` runs the first step immediately, as code of the function's task. If the coroutine then has to wait, a continuation drives
 * its generator from there on and settles the promise of the `await`. To the function's task it is one of the waits that a request to
 * cancel is passed on to. To the coroutine it makes no difference: the current task is still the function's.
 *
 * If the function ends first (`void sleep(10).then(f)`), the coroutine becomes a separate task, so that the end of the run cancels it.
 */

import type { Linked } from '../collections/linked-list.js';
import type { CancelledError } from '../errors/index.js';
import { isCancelled } from '../errors/index.js';
import type { Runnable } from '../loop/runnable.js';
import { Cancellation } from './cancellation.js';
import type { DrivenTask } from './driver.js';
import { GeneratorDriver } from './generator-driver.js';
import { PromiseWait, type Settle, type SettlesPromise, rejectPromise } from './promise-wait.js';
import {
  type Cancellable,
  type PassedOn,
  type PendingWait,
  type Relay,
  type Visit,
  type Waitable,
  describeWaits,
} from './waitable.js';

/** Drives the generator of the rest of a coroutine. */
export class Continuation<T> extends GeneratorDriver<T> implements Runnable, PendingWait, Relay, SettlesPromise {
  /** @internal The wait before this one in the function's list of waits. */
  _previous: Linked | null = null;
  /** @internal The wait after this one. */
  _next: Linked | null = null;
  /** @internal Set while a cancellation request is passed on to the coroutine. */
  _visit: Visit | null = null;
  /** @internal The promise that `then` has returned. */
  _derived: Promise<unknown> | null = null;
  /** The requests that were passed on to the coroutine; null before the first one. */
  received: Cancellation | null = null;
  private state: 'awaited' | 'adopted' | 'done' = 'awaited';

  /** @param task the task of the async function */
  constructor(
    task: DrivenTask<T>,
    steps: Generator<unknown, T>,
    readonly _label: string,
    private readonly resolve: Settle<T>,
    readonly _reject: Settle<unknown>,
  ) {
    super(task, steps);
  }

  /** The task whose code the coroutine is. */
  get owner(): DrivenTask<T> {
    return this.task;
  }

  /** Parks on what the first step has yielded. From now on the function waits. */
  begin(yielded: unknown): void {
    this.park(yielded);
    this.task._awaiting?.add(this);
  }

  /** The function has ended: from now on the coroutine is the code of `task`, which the promise follows. */
  becomeTask(task: DrivenTask<T> & Waitable<T>): void {
    this.state = 'adopted';
    this.task = task;
    const wait = PromiseWait.begin<T>(task, null, this.resolve, this._reject);
    if (wait !== null) wait._derived = this._derived;
  }

  // --- Running --------------------------------------------------------------------------------------------------------

  /** @internal The loop resumes the coroutine. */
  _run(): void {
    if (this.done()) return;
    this.task._loop._instrument?.taskStep?.(this.task);
    this.run();
  }

  protected override returned(value: T): void {
    if (this.state === 'adopted') {
      super.returned(value);
      return;
    }
    const request = this.endWait();
    if (request === null) this.resolve(value);
    else rejectPromise(this, request);
    this.handRequestOver();
  }

  protected override threw(error: unknown): void {
    if (this.state === 'adopted') {
      super.threw(error);
      return;
    }
    const request = this.endWait();
    if (isCancelled(error)) {
      rejectPromise(this, error); // a second CancelledError would add nothing
      return;
    }
    rejectPromise(this, request ?? error);
    this.handRequestOver();
  }

  /** Ends the wait of the function. Returns its pending request, which came too late to cancel the coroutine. */
  private endWait(): CancelledError | null {
    this.state = 'done';
    this.task._awaiting?.delete(this);
    return this.task._takeRequest();
  }

  /** If the coroutine has cancelled its own task in its last step, its outcome stands, and the next wait of the function throws. */
  private handRequestOver(): void {
    const request = this.received?.take() ?? null;
    if (request !== null) this.task._inheritRequest(request);
  }

  protected override runnable(): Runnable {
    return this;
  }

  protected override requests(): Cancellation | null {
    return this.state === 'adopted' ? this.task._cancellation : this.received;
  }

  // --- Cancelling -----------------------------------------------------------------------------------------------------

  /** @internal A request to cancel the function is passed to this object, which passes it on to what the coroutine waits for. */
  get _awaited(): Cancellable {
    return this;
  }

  done(): boolean {
    return this.state === 'done';
  }

  cancelled(): boolean {
    return false;
  }

  /** Called only when the wait begins, with a request that is already pending. */
  cancel(reason?: unknown): boolean {
    const [future] = this._cancelBegins(reason);
    this._cancelEnds(reason, future?.cancel(reason) === true ? 'taken' : 'refused');
    return true;
  }

  /** @internal Records a request that reaches the coroutine. Returns what it waits for, to which the request is passed on. */
  _cancelBegins(reason: unknown): readonly Cancellable[] {
    (this.received ??= new Cancellation()).request(reason);
    return this.waitsFor();
  }

  /** @internal Keeps the request for the next wait if the current one did not take it. */
  _cancelEnds(reason: unknown, outcome: PassedOn): PassedOn {
    if (outcome === 'circle') this.interrupt();
    if (outcome !== 'taken') this.received?.keep(reason);
    return 'taken';
  }

  /** @internal Its name in call graphs and traces. */
  _describeWait(): string {
    return `${this._label}()`;
  }

  /** @internal Describes it without the task that it runs in. */
  _describeBriefly(): string {
    return `<${this._label}()${describeWaits(this.waitsFor())}>`;
  }

  override toString(): string {
    return `<${this._label}() in ${this.task.toString()}>`;
  }
}

/**
 * Returns the promise of `await coroutine`, whose first step has run and has yielded.
 *
 * @param task the task of the async function that awaits it
 */
export function continueIn<T, R1, R2>(
  task: DrivenTask<T>,
  steps: Generator<unknown, T>,
  label: string,
  yielded: unknown,
  onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
  onRejected?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
): Promise<R1 | R2> {
  let continuation!: Continuation<T>;
  const promise = new Promise<T>((resolve, reject) => {
    continuation = new Continuation<T>(task, steps, label, resolve, reject);
  });
  const derived = promise.then(onFulfilled, onRejected);
  continuation._derived = derived;
  continuation.begin(yielded);
  return derived;
}
