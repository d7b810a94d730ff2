/** Structured concurrency: tasks that do not outlive the code that started them. */

import { CancelledError, InvalidStateError, isFatal } from '../errors/index.js';
import {
  type Coroutine,
  Future,
  type Steps,
  type Task,
  type TaskOptions,
  type TaskSource,
  createTaskOn,
  isCoroutine,
} from '../tasks/index.js';
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
  private aborting = false;
  private cancelOnEnter = false;
  /** True once we have cancelled the parent, to end its body: one request that is ours to take back. */
  private parentCancelled = false;
  private allDone: Future<void> | null = null;

  /** Starts a task in the group, also from one of its tasks. InvalidStateError when the group is over, or is being cancelled. */
  createTask<T>(source: TaskSource<T>, options?: TaskOptions): Task<T> {
    const obstacle = this.obstacle();
    if (obstacle !== null || this.parent === null) {
      if (isCoroutine(source)) source[Symbol.iterator]().return(undefined as T); // it will never run, and nobody forgot it
      throw new InvalidStateError(`TaskGroup ${obstacle ?? 'has not been entered'}`);
    }
    const task = createTaskOn(this.parent._loop, source, options);
    this.tasks.add(task);
    task.addDoneCallback(() => this.onTaskDone(task));
    return task;
  }

  /** Cancels all its tasks and the body; the group then ends in silence, unless one of them fails. Harmless when it is over. */
  cancel(): void {
    if (this.parent === null) {
      this.cancelOnEnter = true;
      return;
    }
    if (this.exiting && this.tasks.size === 0) return;
    this.abort();
    this.cancelParent();
  }

  /** @internal */
  enter(task: Task): void {
    if (this.parent !== null) throw new InvalidStateError('TaskGroup has already been entered');
    this.parent = task;
    if (this.cancelOnEnter) this.cancel();
  }

  /** @internal */
  *exit(failure: Failure | null): Steps<boolean> {
    const parent = this.parent as Task;
    this.exiting = true;
    const wasCancelled = failure?.error instanceof CancelledError;
    let cancellation = wasCancelled ? failure : null;
    if (failure !== null) {
      this.noteFatal(failure.error);
      this.abort();
    }
    cancellation = (yield* this.waitForTasks(parent)) ?? cancellation;
    if (this.fatalError !== null) throw this.fatalError.error;
    // Ours is the only request: whoever cancelled us was a failing task, and its error says more than the cancellation.
    if (this.parentCancelled && parent.uncancel() === 0) cancellation = null;
    if (cancellation !== null && this.errors.length === 0) throw cancellation.error;
    if (failure !== null && !wasCancelled) this.errors.push(failure.error);
    if (this.errors.length === 0) return wasCancelled;
    if (parent.cancelling() > 0) {
      // Cancelled from outside as well: the error goes first, and the next wait throws the cancellation.
      parent.uncancel();
      parent.cancel();
    }
    throw new ExceptionGroup('unhandled errors in a TaskGroup', this.errors);
  }

  /** Returns the cancellation that arrived meanwhile, if it was not the group's own doing. */
  private *waitForTasks(parent: Task): Steps<Failure | null> {
    let cancellation: Failure | null = null;
    while (this.tasks.size > 0) {
      this.allDone ??= new Future<void>({ loop: parent._loop });
      try {
        yield* this.allDone;
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error;
        if (!this.aborting) {
          cancellation = { error };
          this.abort();
        }
      }
      this.allDone = null;
    }
    return cancellation;
  }

  private onTaskDone(task: Task): void {
    this.tasks.delete(task);
    if (this.tasks.size === 0 && this.allDone?.done() === false) this.allDone.setResult();
    const error = task.cancelled() ? null : task.exception();
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

  private obstacle(): string | null {
    if (this.parent === null) return 'has not been entered';
    if (this.exiting && this.tasks.size === 0) return 'is finished';
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
 * @param body gets the {@link TaskGroup}; it runs in the caller's own task
 */
export function taskGroup<T>(body: Body<TaskGroup, T>): Coroutine<T> {
  return scoped(new TaskGroup(), body, 'taskGroup', (value) => value as T);
}
