/** Structured concurrency: tasks that do not outlive the block that started them. */

import { InvalidStateError, isCancelled, isFatal } from '../errors/index.js';
import {
  type Abortable,
  Coroutine,
  Future,
  type Steps,
  type Task,
  type TaskOptions,
  type TaskSource,
  createTaskOn,
  isCoroutine,
} from '../tasks/index.js';
import { onBehalfOf } from '../tasks/awaiter.js';
import { ExceptionGroup } from './exception-group.js';
import type { Failure, Scope } from './scope-contract.js';
import { type Body, scoped } from './scope.js';

/**
 * A group of tasks, which waits for all of them when its body has ended. If one fails, the group cancels the body and the other
 * tasks, waits for them, and throws all errors together as an {@link ExceptionGroup}.
 */
export class TaskGroup implements Scope {
  private parent: Task | null = null;
  private readonly tasks = new Set<Task>();
  private readonly errors: unknown[] = [];
  /** The first fatal error, which is thrown without a group around it. */
  private fatalError: Failure | null = null;
  private exiting = false;
  private abandoned = false;
  private aborting = false;
  /** True once the group has cancelled the parent to end its body; the group must take this one request back. */
  private parentCancelled = false;
  private allDone: Future<void> | null = null;

  /**
   * Starts a task in the group, from its body or from one of its tasks; otherwise as `createTask`. The group drops a task that has
   * ended, so keep the task if you need its result.
   *
   * @throws InvalidStateError if the group has finished or is being cancelled; a coroutine passed in is then closed and never runs
   */
  createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
    const obstacle = this.obstacle();
    if (obstacle !== null || this.parent === null) {
      if (source instanceof Coroutine)
        source.close(); // it will never run, so it must release what it holds
      else if (isCoroutine(source)) source.return(undefined as T);
      throw new InvalidStateError(`TaskGroup ${obstacle ?? 'has not been entered'}`);
    }
    const task = createTaskOn(this.parent._loop, source, options);
    this.tasks.add(task);
    task.addDoneCallback(onBehalfOf(this.parent, () => this.onTaskDone(task)));
    // A task that was started eagerly may have cancelled the group before it was added to it.
    if (this.aborting && !task.done()) task.cancel();
    return task;
  }

  /**
   * Cancels the body and all tasks. The group then ends without an error unless one of them fails, and returns undefined if its body
   * was interrupted. Does nothing once the group has finished, or on a second call.
   */
  cancel(): void {
    if (this.parent === null || this.finished() || this.aborting) return;
    this.abort();
    this.cancelParent();
  }

  /** @internal See `Scope`. */
  enter(task: Task): void {
    if (this.parent !== null) throw new InvalidStateError('TaskGroup has already been entered');
    this.parent = task;
  }

  /** @internal See `Scope`. */
  *exit(failure: Failure | null): Steps<boolean> {
    const parent = this.parent as Task;
    this.exiting = true;
    const bodyWasCancelled = isCancelled(failure?.error);
    if (failure !== null) {
      this.noteFatal(failure.error);
      this.abort();
    }
    const { first, last } = yield* this.waitForTasks(parent);
    // The group always takes its own request back; any request left after that came from outside.
    const othersLeft = this.parentCancelled ? parent.uncancel() > 0 : true;
    if (this.fatalError !== null) this.throwFatal(this.fatalError.error);
    let cancellation = first ?? (bodyWasCancelled ? failure : null);
    if (!othersLeft) cancellation = null;
    else if (this.parentCancelled) cancellation ??= last;
    if (cancellation !== null && this.errors.length === 0) throw cancellation.error;
    if (failure !== null && !bodyWasCancelled) this.errors.push(failure.error);
    if (this.errors.length === 0) return true;
    if (parent.cancelling() > 0) {
      // Also cancelled from outside: the errors are thrown first, and the cancellation at the next wait.
      parent.uncancel();
      parent.cancel();
    }
    throw new ExceptionGroup('unhandled errors in a TaskGroup', this.errors);
  }

  /** @internal Cancels the tasks. No caller is left to receive their errors, so these are reported like any unretrieved error. */
  abandon(): void {
    this.exiting = true;
    this.abandoned = true;
    this.abort();
    if (this.parentCancelled) this.parent?.uncancel();
  }

  /** Waits for all tasks. Returns the cancellation of the parent that made the group abort, and the latest one from any source. */
  private *waitForTasks(parent: Task): Steps<{ first: Failure | null; last: Failure | null }> {
    let first: Failure | null = null;
    let last: Failure | null = null;
    while (this.tasks.size > 0) {
      this.allDone = new Future<void>({ loop: parent._loop });
      try {
        yield* this.allDone;
      } catch (error) {
        if (!isCancelled(error)) throw error;
        last = { error };
        if (!this.aborting) {
          first = last;
          this.abort();
        }
      }
      this.allDone = null;
    }
    return { first, last };
  }

  /** Throws the fatal error, and reports all other errors to the exception handler, because they would be lost otherwise. */
  private throwFatal(fatalError: unknown): never {
    for (const exception of this.errors) {
      if (exception === fatalError) continue;
      this.parent?._loop.callExceptionHandler({
        message: 'error in a TaskGroup that ends with a fatal error',
        exception,
      });
    }
    throw fatalError;
  }

  private onTaskDone(task: Task): void {
    this.tasks.delete(task);
    if (this.tasks.size === 0 && this.allDone?.done() === false) this.allDone.setResult();
    if (this.abandoned || task.cancelled()) return;
    const error = task.exception();
    if (error === null) return;
    this.errors.push(error);
    this.noteFatal(error);
    if (this.aborting || this.parentCancelled) return;
    this.abort();
    this.cancelParent();
  }

  private noteFatal(error: unknown): void {
    if (isFatal(error)) this.fatalError ??= { error };
  }

  private cancelParent(): void {
    if (this.parentCancelled) return;
    this.parentCancelled = true;
    this.parent?.cancel();
  }

  private abort(): void {
    if (this.aborting) return;
    this.aborting = true;
    for (const task of this.tasks) task.cancel();
  }

  private finished(): boolean {
    return this.exiting && this.tasks.size === 0;
  }

  private obstacle(): string | null {
    if (this.parent === null) return 'has not been entered';
    if (this.finished()) return 'is finished';
    return this.aborting ? 'is shutting down' : null;
  }

  toString(): string {
    const state = this.obstacle() ?? 'is active';
    return `<TaskGroup ${state}${this.tasks.size > 0 ? `, tasks: ${this.tasks.size}` : ''}>`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Runs `body` with a {@link TaskGroup} for the tasks that it starts, waits for all of them, and returns the result of the body.
 *
 * If the body or a task fails, the rest of the group is cancelled and waited for, and all errors are thrown in one {@link ExceptionGroup}.
 * Cancelling a single task does not fail the group. A fatal error is thrown by itself; other errors then go to the exception handler.
 *
 * When the caller is cancelled, the group cancels its tasks and waits for them, so none is left behind; then it throws the
 * CancelledError. If tasks fail during that, their errors are thrown first, and the cancellation at the next wait. A task that awaits
 * a promise from outside the library cannot be interrupted: its `signal` is aborted, and the group waits until the promise settles.
 *
 * @param body gets the group; runs in the caller's own task
 * @param options a `signal` that cancels the body and the tasks, as cancelling the caller does
 * @throws TypeError unless `body` is a function; when awaited: ExceptionGroup, InvalidStateError outside of a task
 *
 * @example
 * import { run, sleep, taskGroup } from 'selectloop';
 *
 * await run(async () => {
 *   const sum = await taskGroup(async (group) => {
 *     const one = group.createTask(sleep(10, 1));
 *     const two = group.createTask(sleep(20, 2));
 *     return (await one) + (await two);
 *   });
 *   console.log(sum); // 3
 * });
 */
export function taskGroup<T>(body: Body<TaskGroup, T>, options: Abortable = {}): Coroutine<T> {
  return scoped(new TaskGroup(), body, 'taskGroup', (value) => value as T, options);
}
