/**
 * A small operating system in which the programs are coroutines.
 *
 * A real program makes a system call by a trap: the processor suspends it, the operating system handles the request, and resumes
 * the program with the answer. A generator can do the same: it yields a request, and `next(answer)` resumes it. So
 * `yield new Sleep(10)` is a system call, and the Scheduler below is the system. It needs no thread, callback or promise.
 *
 * A program may yield three things:
 * - a Trap: a request to the system;
 * - another program (`yield sub()`): a sub-coroutine, which runs on the stack of the task, and whose return value is the answer
 *   (`yield* sub()` does the same with the means of the language);
 * - nothing, to let the other tasks run.
 */

import { DefaultSelector, EVENT_READ, EVENT_WRITE, type FileObject, type Selector } from 'selectloop/selectors';
import { onDescriptorClose } from 'selectloop/sockets';

/** What a generator function for the system returns. */
export type Program<T = void> = Generator<Trap | Program<unknown> | undefined, T, unknown>;

/** A request of a program to the system. */
export abstract class Trap {
  /** Handles the request, and resumes the task, now or later. */
  abstract handle(os: Scheduler, task: Task): void;
}

/** How many errors of ended tasks are kept for a later WaitTask. */
const MAX_UNCLAIMED_ERRORS = 100;

export type Answer = { value: unknown } | { error: unknown };

/** A running program: its stack of coroutines, and the answer for its next step. */
export class Task {
  ended = false;
  /** The tasks that wait for this one to end. */
  readonly waiters = new Set<Task>();
  readonly mailbox: unknown[] = [];
  /** Set while the task waits: removes it from the list of waiters in which it is registered. */
  cancelWait: (() => void) | null = null;
  private readonly stack: Array<Program<unknown>>;
  private answer: Answer = { value: undefined };

  constructor(
    readonly id: number,
    program: Program<unknown>,
  ) {
    this.stack = [program];
  }

  setAnswer(answer: Answer): void {
    this.answer = answer;
  }

  /** Runs to the next trap or bare yield, and returns it, or `{ value }` at the end of the program. Throws its uncaught errors. */
  step(): Trap | undefined | { value: unknown } {
    for (;;) {
      const { answer } = this;
      this.answer = { value: undefined }; // each answer is used once: a later bare yield must not get it again
      let yielded: unknown;
      try {
        const top = this.stack.at(-1)!;
        const { done, value } = 'error' in answer ? top.throw(answer.error) : top.next(answer.value);
        if (done !== true) {
          yielded = value;
        } else {
          this.stack.pop();
          this.answer = { value };
          if (this.stack.length === 0) return { value };
          continue;
        }
      } catch (error) {
        this.stack.pop();
        if (this.stack.length === 0) throw error;
        this.answer = { error }; // the caller of a sub-coroutine may catch it
        continue;
      }
      if (yielded === undefined || yielded instanceof Trap) return yielded;
      if (isProgram(yielded)) this.stack.push(yielded);
      else this.answer = { error: new TypeError(`a program cannot yield a ${typeof yielded}`) };
    }
  }

  /** Ends all coroutines of the task, innermost first, so that their `finally` blocks run. Yields in those blocks are ignored. */
  unwind(): void {
    this.cancelWait?.();
    this.cancelWait = null;
    while (this.stack.length > 0) {
      const program = this.stack.pop()!;
      let { done } = program.return(undefined);
      while (done !== true) ({ done } = program.next());
    }
  }
}

function isProgram(x: unknown): x is Program<unknown> {
  return Object.prototype.toString.call(x) === '[object Generator]';
}

/** The tasks that wait for a descriptor, by event. */
type DescriptorWaiters = Map<number, Task>;

export interface SchedulerOptions {
  /** Does not print messages such as "Task 2 terminated". */
  quiet?: boolean;
  selector?: Selector;
  clock?: { now(): number };
}

/** The operating system. */
export class Scheduler {
  private readonly tasks = new Map<number, Task>();
  private readonly ready: Task[] = [];
  private readonly sleepers: Array<{ whenMs: number; task: Task }> = [];
  private readonly selector: Selector<DescriptorWaiters>;
  private readonly clock: { now(): number };
  private readonly quiet: boolean;
  /** Errors of tasks that ended without a waiter, for a later WaitTask. Only the latest are kept. */
  private readonly unclaimedErrors = new Map<number, unknown>();
  private lastId = 0;

  constructor({ quiet = false, selector = new DefaultSelector(), clock = performance }: SchedulerOptions = {}) {
    this.quiet = quiet;
    this.selector = selector as Selector<DescriptorWaiters>;
    this.clock = clock;
  }

  // --- Tasks --------------------------------------------------------------------------------------------------------

  /** Starts a program as a task. Returns the number of the task; the first one is 1. */
  spawn(program: Program<unknown>): number {
    if (!isProgram(program)) throw new TypeError('expected a program, i.e. a generator object');
    this.lastId += 1;
    const task = new Task(this.lastId, program);
    this.tasks.set(task.id, task);
    this.ready.push(task);
    return task.id;
  }

  task(id: number): Task | undefined {
    return this.tasks.get(id);
  }

  /** Runs until all tasks have ended. */
  mainloop(): void {
    const ioTask = new Task(0, this.watchDescriptors());
    this.ready.push(ioTask);
    using _closings = onDescriptorClose((fd) => this.descriptorCloses(fd));
    try {
      while (this.tasks.size > 0) {
        const task = this.ready.shift()!;
        if (!task.ended) this.run(task);
      }
    } finally {
      for (const task of [...this.tasks.values(), ioTask]) task.unwind();
      this.selector.close();
    }
  }

  private run(task: Task): void {
    try {
      const outcome = task.step();
      if (outcome instanceof Trap) outcome.handle(this, task);
      else if (outcome === undefined) this.ready.push(task);
      else this.end(task, outcome);
    } catch (error) {
      if (task.id === 0) throw error; // an error of the system itself
      this.end(task, { error });
    }
  }

  private end(task: Task, outcome: Answer): void {
    task.ended = true;
    this.tasks.delete(task.id);
    if (!this.quiet) console.log(`Task ${task.id} terminated`);
    for (const waiter of task.waiters) this.resume(waiter, outcome);
    if (!('error' in outcome) || task.waiters.size > 0) return;
    console.error(`Task ${task.id} died:`, outcome.error);
    this.unclaimedErrors.set(task.id, outcome.error);
    if (this.unclaimedErrors.size > MAX_UNCLAIMED_ERRORS)
      this.unclaimedErrors.delete(this.unclaimedErrors.keys().next().value!);
  }

  /** Returns the outcome of a task that has ended: its error if that is still known, otherwise undefined. */
  outcomeOf(id: number): Answer {
    return this.unclaimedErrors.has(id) ? { error: this.unclaimedErrors.get(id) } : { value: undefined };
  }

  /** Ends a task immediately, whether it is ready or waiting. If its clean-up throws, the task ends with that error. */
  kill(task: Task): void {
    try {
      task.unwind();
      this.end(task, { value: undefined });
    } catch (error) {
      this.end(task, { error });
    }
  }

  // --- For traps ----------------------------------------------------------------------------------------------------

  /** Puts a task at the end of the ready queue, with the answer for its next step. */
  resume(task: Task, answer: Answer): void {
    task.cancelWait = null;
    task.setAnswer(answer);
    this.ready.push(task);
  }

  /** Resumes a task after a delay. */
  sleep(task: Task, delayMs: number): void {
    const sleeper = { whenMs: this.clock.now() + delayMs, task };
    const later = this.sleepers.findIndex(({ whenMs }) => whenMs > sleeper.whenMs);
    this.sleepers.splice(later < 0 ? this.sleepers.length : later, 0, sleeper);
    task.cancelWait = () => this.sleepers.splice(this.sleepers.indexOf(sleeper), 1);
  }

  /** Resumes a task when a descriptor is ready. Throws if another task already waits for that, or if the descriptor is closed. */
  waitFor(task: Task, file: FileObject, event: number): void {
    const fd = typeof file === 'number' ? file : file.fileno();
    const waiters = this.selector.getMap().get(fd)?.data;
    if (waiters === undefined) {
      this.selector.register(file, event, new Map([[event, task]]));
    } else {
      if (waiters.has(event)) throw new Error(`task ${waiters.get(event)!.id} already waits for descriptor ${fd}`);
      this.selector.modify(fd, EVENT_READ | EVENT_WRITE, waiters.set(event, task));
    }
    task.cancelWait = () => this.forget(fd, event);
  }

  private forget(fd: number, event: number): void {
    const waiters = this.selector.getKey(fd).data;
    waiters.delete(event);
    const [other] = waiters.keys();
    if (other === undefined) this.selector.unregister(fd);
    else this.selector.modify(fd, other, waiters);
  }

  /** Resumes the waiters of a closed descriptor with an error: it will never become ready. */
  private descriptorCloses(fd: number): void {
    const waiters = this.selector.getMap().get(fd)?.data;
    if (waiters === undefined) return;
    this.selector.unregister(fd);
    const error = Object.assign(new Error(`descriptor ${fd} was closed`), { code: 'EBADF' });
    for (const task of waiters.values()) this.resume(task, { error });
  }

  // --- The I/O task -------------------------------------------------------------------------------------------------

  /** Task 0, which is always ready. It polls the selector without waiting if other tasks are ready; otherwise it waits there. */
  private *watchDescriptors(): Program<never> {
    for (;;) {
      for (const [{ fd, data: waiters }, events] of this.selector.select(this.ready.length > 0 ? 0 : this.idleMs())) {
        for (const [event, task] of [...waiters]) {
          if ((events & event) === 0) continue;
          this.forget(fd, event);
          this.resume(task, { value: undefined });
        }
      }
      const now = this.clock.now();
      while (this.sleepers.length > 0 && this.sleepers[0]!.whenMs <= now) {
        this.resume(this.sleepers.shift()!.task, { value: undefined });
      }
      yield;
    }
  }

  /** Returns how long the selector may wait: until the first sleeper is due, or (null) until a descriptor is ready. */
  private idleMs(): number | null {
    const [first] = this.sleepers;
    if (first !== undefined) return Math.max(0, first.whenMs - this.clock.now());
    if (this.selector.getMap().size > 0) return null;
    throw new Error(`deadlock: tasks ${[...this.tasks.keys()].join(', ')} wait for each other`);
  }
}
