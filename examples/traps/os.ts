/**
 * A small operating system in which the programs are coroutines.
 *
 * A real program asks its system for something by a trap: it stops, the system does what was asked, and lets it go on with the
 * answer. A generator can do the same: it yields a request, and `next(answer)` lets it go on. So `yield new Sleep(10)` is a
 * system call, and the Scheduler below is the system. There is nothing else: no thread, no callback, no promise.
 *
 * A program may yield three things:
 * - a Trap: a request to the system;
 * - another program (`yield sub()`): a sub-coroutine, run on the task's own stack, whose return value is the answer (`yield* sub()`
 *   does the same by means of the language);
 * - nothing: its turn is over.
 */

import { DefaultSelector, EVENT_READ, EVENT_WRITE, type FileObject, type Selector } from 'selectloop/selectors';
import { onDescriptorClose } from 'selectloop/sockets';

/** What a generator function for the system returns. */
export type Program<T = void> = Generator<Trap | Program<unknown> | undefined, T, unknown>;

/** A request of a program to the system. */
export abstract class Trap {
  /** Does what was asked; sees to it that the task goes on, now or later. */
  abstract handle(os: Scheduler, task: Task): void;
}

/** How many errors of ended tasks are remembered. */
const OBITUARIES = 100;

export type Answer = { value: unknown } | { error: unknown };

/** A program that runs: its stack of coroutines, and the answer it is going to get. */
export class Task {
  ended = false;
  /** The tasks that wait for this one to end. */
  readonly waiters = new Set<Task>();
  readonly mailbox: unknown[] = [];
  /** While it waits for something: how to give that up. */
  giveUp: (() => void) | null = null;
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

  /** Runs until it traps or its turn is over; `{ value }` when it has ended. Throws what the program did not catch. */
  step(): Trap | undefined | { value: unknown } {
    for (;;) {
      const { answer } = this;
      this.answer = { value: undefined }; // an answer is given once, whatever the program does next
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

  /** Ends all its coroutines, the innermost first, so that their `finally` blocks run. A yield there is passed over. */
  unwind(): void {
    this.giveUp?.();
    this.giveUp = null;
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

/** Who waits for a descriptor, by event. */
type DescriptorWaiters = Map<number, Task>;

/** How a system is made. */
export interface SchedulerOptions {
  /** Do not print "Task 2 terminated". */
  quiet?: boolean;
  selector?: Selector;
  clock?: { now(): number };
}

/** The system. */
export class Scheduler {
  private readonly tasks = new Map<number, Task>();
  private readonly ready: Task[] = [];
  private readonly sleepers: Array<{ whenMs: number; task: Task }> = [];
  private readonly selector: Selector<DescriptorWaiters>;
  private readonly clock: { now(): number };
  private readonly quiet: boolean;
  /** The errors of tasks for which nobody was waiting when they ended: somebody may ask later. Only the latest are kept. */
  private readonly obituaries = new Map<number, unknown>();
  private lastId = 0;

  constructor({ quiet = false, selector = new DefaultSelector(), clock = performance }: SchedulerOptions = {}) {
    this.quiet = quiet;
    this.selector = selector as Selector<DescriptorWaiters>;
    this.clock = clock;
  }

  // --- Tasks --------------------------------------------------------------------------------------------------------

  /** Starts a program as a task; returns its number, from 1 on. */
  spawn(program: Program<unknown>): number {
    if (!isProgram(program)) throw new TypeError('expected a program, that is, what a generator function returns');
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
      if (task.id === 0) throw error; // the system itself has failed
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
    this.obituaries.set(task.id, outcome.error);
    if (this.obituaries.size > OBITUARIES) this.obituaries.delete(this.obituaries.keys().next().value!);
  }

  /** How a task that is not there any more ended, as far as the system remembers. */
  outcomeOf(id: number): Answer {
    return this.obituaries.has(id) ? { error: this.obituaries.get(id) } : { value: undefined };
  }

  /** Ends a task at once, wherever it stands. What its clean-up throws is its error. */
  kill(task: Task): void {
    try {
      task.unwind();
      this.end(task, { value: undefined });
    } catch (error) {
      this.end(task, { error });
    }
  }

  // --- For traps ----------------------------------------------------------------------------------------------------

  /** Lets a task go on, behind those that are ready already. */
  resume(task: Task, answer: Answer): void {
    task.giveUp = null;
    task.setAnswer(answer);
    this.ready.push(task);
  }

  /** Lets a task go on after a time. */
  sleep(task: Task, delayMs: number): void {
    const sleeper = { whenMs: this.clock.now() + delayMs, task };
    const later = this.sleepers.findIndex(({ whenMs }) => whenMs > sleeper.whenMs);
    this.sleepers.splice(later < 0 ? this.sleepers.length : later, 0, sleeper);
    task.giveUp = () => this.sleepers.splice(this.sleepers.indexOf(sleeper), 1);
  }

  /** Lets a task go on when a descriptor is ready. Throws if another task waits for that, or if it is not open. */
  waitFor(task: Task, file: FileObject, event: number): void {
    const fd = typeof file === 'number' ? file : file.fileno();
    const waiters = this.selector.getMap().get(fd)?.data;
    if (waiters === undefined) {
      this.selector.register(file, event, new Map([[event, task]]));
    } else {
      if (waiters.has(event)) throw new Error(`task ${waiters.get(event)!.id} waits for descriptor ${fd} already`);
      this.selector.modify(fd, EVENT_READ | EVENT_WRITE, waiters.set(event, task));
    }
    task.giveUp = () => this.forget(fd, event);
  }

  private forget(fd: number, event: number): void {
    const waiters = this.selector.getKey(fd).data;
    waiters.delete(event);
    const [other] = waiters.keys();
    if (other === undefined) this.selector.unregister(fd);
    else this.selector.modify(fd, other, waiters);
  }

  /** A descriptor that is closed will never be ready: who waits for it must hear of it. */
  private descriptorCloses(fd: number): void {
    const waiters = this.selector.getMap().get(fd)?.data;
    if (waiters === undefined) return;
    this.selector.unregister(fd);
    const error = Object.assign(new Error(`descriptor ${fd} was closed`), { code: 'EBADF' });
    for (const task of waiters.values()) this.resume(task, { error });
  }

  // --- The I/O task -------------------------------------------------------------------------------------------------

  /** Task 0. It comes round like the others: if it is alone it waits in the selector, otherwise it has a look and goes on. */
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

  /** How long there is nothing to do: until the first sleeper, or (null) until a descriptor is ready. */
  private idleMs(): number | null {
    const [first] = this.sleepers;
    if (first !== undefined) return Math.max(0, first.whenMs - this.clock.now());
    if (this.selector.getMap().size > 0) return null;
    throw new Error(`deadlock: tasks ${[...this.tasks.keys()].join(', ')} wait for each other`);
  }
}
