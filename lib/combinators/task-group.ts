/** Structured concurrency: tasks that do not outlive the code that started them. */

import { CancelledError, InvalidStateError, isFatal } from '../errors/index.js';
import {
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
import { type Body, type Failure, type Scope, scoped } from './scope.js';

/**
 * A group of tasks. When its body has ended the group waits for all of them. If one fails, the body and the other tasks are
 * cancelled and waited for, and all the errors come out together, as an {@link ExceptionGroup}.
 */
export class TaskGroup implements Scope {
  private parent: Task | null = null;
  private readonly tasks = new Set<Task>();
  private readonly errors: unknown[] = [];
  /** The first fatal error: comes out bare. */
  private fatalError: Failure | null = null;
  private exiting = false;
  private abandoned = false;
  private aborting = false;
  /** True once we have cancelled the parent, to end its body: one request that is ours to take back. */
  private parentCancelled = false;
  private allDone: Future<void> | null = null;

  /**
   * Starts a task in the group, from the body or from one of its tasks, as `createTask` does. The group drops it when it has ended:
   * keep it if you want its result.
   *
   * @throws InvalidStateError when the group is over, or is being cancelled; a coroutine is closed then, and never runs
   */
  createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
    const obstacle = this.obstacle();
    if (obstacle !== null || this.parent === null) {
      if (source instanceof Coroutine)
        source.close(); // it will never run: what it holds is given back
      else if (isCoroutine(source)) source.return(undefined as T);
      throw new InvalidStateError(`TaskGroup ${obstacle ?? 'has not been entered'}`);
    }
    const task = createTaskOn(this.parent._loop, source, options);
    this.tasks.add(task);
    task.addDoneCallback(onBehalfOf(this.parent, () => this.onTaskDone(task)));
    // One that was started eagerly may have cancelled the group before it was in it.
    if (this.aborting && !task.done()) task.cancel();
    return task;
  }

  /**
   * Cancels all its tasks and the body; the group then ends in silence, unless one of them fails, and returns undefined if its
   * body was cut short. Harmless when it is over, or done twice.
   */
  cancel(): void {
    if (this.parent === null || this.finished() || this.aborting) return;
    this.abort();
    this.cancelParent();
  }

  /** @internal */
  enter(task: Task): void {
    if (this.parent !== null) throw new InvalidStateError('TaskGroup has already been entered');
    this.parent = task;
  }

  /** @internal */
  *exit(failure: Failure | null): Steps<boolean> {
    const parent = this.parent as Task;
    this.exiting = true;
    const bodyWasCancelled = failure?.error instanceof CancelledError;
    if (failure !== null) {
      this.noteFatal(failure.error);
      this.abort();
    }
    const { first, last } = yield* this.waitForTasks(parent);
    // Our own request is taken back in any case; what is left after that came from outside.
    const othersLeft = this.parentCancelled ? parent.uncancel() > 0 : true;
    if (this.fatalError !== null) this.throwFatal(this.fatalError.error);
    let cancellation = first ?? (bodyWasCancelled ? failure : null);
    if (!othersLeft) cancellation = null;
    else if (this.parentCancelled) cancellation ??= last;
    if (cancellation !== null && this.errors.length === 0) throw cancellation.error;
    if (failure !== null && !bodyWasCancelled) this.errors.push(failure.error);
    if (this.errors.length === 0) return true;
    if (parent.cancelling() > 0) {
      // Cancelled from outside as well: the error goes first, and the next wait throws the cancellation.
      parent.uncancel();
      parent.cancel();
    }
    throw new ExceptionGroup('unhandled errors in a TaskGroup', this.errors);
  }

  /** @internal Its tasks are cancelled; nobody is left to tell of their errors, so they are reported as any lost error is. */
  abandon(): void {
    this.exiting = true;
    this.abandoned = true;
    this.abort();
    if (this.parentCancelled) this.parent?.uncancel();
  }

  /** Returns the cancellations of the parent meanwhile: the one that made us abort, and the latest, whoever it came from. */
  private *waitForTasks(parent: Task): Steps<{ first: Failure | null; last: Failure | null }> {
    let first: Failure | null = null;
    let last: Failure | null = null;
    while (this.tasks.size > 0) {
      this.allDone = new Future<void>({ loop: parent._loop });
      try {
        yield* this.allDone;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
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

  /** A fatal error comes out alone; the others are reported, or they would be lost. */
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
}

/**
 * Runs `body` with a group for the tasks it starts; returns what the body returns when all of them have ended.
 *
 * If the body or a task fails, the others are cancelled and waited for, and all errors come out in one {@link ExceptionGroup}; a
 * task that is cancelled by itself fails nobody. A fatal error comes out alone, the others go to the exception handler.
 *
 * Cancelled from outside, it cancels its tasks and waits for them, so nothing of it is left; then the CancelledError goes on. If
 * tasks fail in that, their errors go first, and the cancellation is thrown at the next wait. A task that awaits a foreign promise
 * is waited for until that is settled: its `signal` is aborted, nothing more can be done.
 *
 * @param body gets the {@link TaskGroup}; it runs in the caller's own task
 * @throws TypeError unless `body` is a function; when awaited: ExceptionGroup, InvalidStateError outside of a task
 */
export function taskGroup<T>(body: Body<TaskGroup, T>): Coroutine<T> {
  return scoped(new TaskGroup(), body, 'taskGroup', (value) => value as T);
}
