/**
 * The interpreter of task programs (task-program.ts) on this library. Its other half is task_programs.py.
 *
 * It is written once for all flavours: an interpreter is a generator of what it waits for, and a flavour is how that is waited for.
 */

import {
  type Awaitable,
  CancelledError,
  Condition,
  Event,
  ExceptionGroup,
  InvalidStateError,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  type Steps,
  type Task,
  type TaskGroup,
  type Timeout,
  TimeoutError,
  createTask,
  currentTask,
  eagerTaskFactory,
  gather,
  getRunningLoop,
  run,
  runSync,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

import {
  type Block,
  CONDITIONS,
  EVENTS,
  LOCKS,
  QUEUES,
  SEMAPHORES,
  type Step,
  type TaskProgram,
} from './task-program.js';

/** What happened: the task, the time in 2^-20 ms, and what it did. */
export type LogLine = readonly [task: string, time: number, text: string];

const FRACTIONS = 2 ** 20;

/** Longer than any program that can end. */
const LONGEST_MS = 50_000;

/** After so many cancellations, a task that waits for a condition needs a lock whose holder waits for that task. */
const PATIENCE = 5;

/** Yields what is waited for, gets its result, and returns the result of the whole. */
type Waits<T = void> = Generator<Awaitable<unknown>, T, never>;

/** The program's own error. */
class ProgramError extends Error {}

/** A way to write and to run coroutines. */
export interface Flavour {
  /** Makes a coroutine function. */
  coroutine<A extends unknown[], T>(waits: (...args: A) => Waits<T>): (...args: A) => Steps<T> | Promise<T>;
  run(main: () => Steps<void> | Promise<void>): Promise<void>;
}

function* asGenerator<T>(waits: Waits<T>): Steps<T> {
  let next = waits.next();
  while (next.done !== true) {
    let result: unknown;
    try {
      result = yield* next.value as Steps<unknown>;
    } catch (error) {
      next = waits.throw(error);
      continue;
    }
    next = waits.next(result as never);
  }
  return next.value;
}

async function asAsync<T>(waits: Waits<T>): Promise<T> {
  let next = waits.next();
  while (next.done !== true) {
    let result: unknown;
    try {
      result = await next.value;
    } catch (error) {
      next = waits.throw(error);
      continue;
    }
    next = waits.next(result as never);
  }
  return next.value;
}

const options = { loopFactory: () => virtualLoop() };

export const generators: Flavour = {
  coroutine: (waits) =>
    function* (...args) {
      return yield* asGenerator(waits(...args));
    },
  run: async (main) => runSync(main as () => Steps<void>, options),
};

export const asyncFunctions: Flavour = {
  coroutine:
    (waits) =>
    async (...args) =>
      await asAsync(waits(...args)),
  run: (main) => run(main as () => Promise<void>, options),
};

/** Runs a program and returns its log. */
export async function runTasks(program: TaskProgram, flavour: Flavour, eager: boolean): Promise<LogLine[]> {
  const log: LogLine[] = [];
  await flavour.run(() => flavour.coroutine(() => new Interpreter(program, flavour, eager, log).run())());
  return log;
}

/** Returns the name of an error that both languages have. */
function nameOf(error: unknown): string {
  if (error instanceof CancelledError) return 'cancelled';
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof ExceptionGroup) return `group[${error.errors.map(nameOf).sort().join(',')}]`;
  if (error instanceof ProgramError) return `error ${error.message}`;
  if (error instanceof InvalidStateError || error instanceof RangeError) return 'misuse';
  return String(error);
}

const yesNo = (flag: boolean): string => (flag ? 'yes' : 'no');

const requests = (): number => currentTask()!.cancelling();

class Interpreter {
  private readonly loop = getRunningLoop();
  private readonly tasks = new Map<string, Task<string>>();
  /** An eager task runs before it is in `tasks`. */
  private readonly names = new Set<string>();
  private readonly locks = Array.from({ length: LOCKS }, () => new Lock());
  private readonly semaphores = SEMAPHORES.map((value) => new Semaphore(value));
  private readonly events = Array.from({ length: EVENTS }, () => new Event());
  private readonly conditions = Array.from({ length: CONDITIONS }, () => new Condition());
  private readonly queues = QUEUES.map(([kind, size]) => {
    if (kind === 'fifo') return new Queue<number>(size);
    return kind === 'lifo' ? new LifoQueue<number>(size) : new PriorityQueue<number>(size);
  });

  constructor(
    private readonly program: TaskProgram,
    private readonly flavour: Flavour,
    eager: boolean,
    private readonly log: LogLine[],
  ) {
    this.loop.setExceptionHandler(() => undefined);
    if (eager) this.loop.setTaskFactory(eagerTaskFactory);
  }

  *run(): Waits {
    this.spawn('main', this.program.main, createTask);
    yield sleep(LONGEST_MS);
    // What is left waits for something that does not happen. Several times, for those that catch it.
    for (let rounds = 1; this.pending() !== ''; rounds += 1) {
      this.note('end', `pending: ${this.pending()}`);
      for (const task of [...this.tasks.values()]) {
        task.cancel();
        yield sleep(100);
      }
      if (rounds > PATIENCE) this.releaseAll();
      yield sleep(1000);
    }
  }

  private releaseAll(): void {
    for (const lock of [...this.locks, ...this.conditions]) if (lock.locked()) lock.release();
  }

  private note(task: string, text: string): void {
    this.log.push([task, Math.floor(this.loop.time() * FRACTIONS), text]);
  }

  private pending(): string {
    const names = [...this.tasks].filter(([, task]) => !task.done()).map(([name]) => name);
    return names.sort().join(' ');
  }

  private spawn(
    name: string,
    block: Block,
    create: (body: () => Steps<string> | Promise<string>) => Task<string>,
  ): void {
    if (this.names.has(name)) return;
    this.names.add(name);
    const self = this;
    const task = create(
      this.flavour.coroutine(function* (): Waits<string> {
        yield* self.block(block, name);
        return `result of ${name}`;
      }),
    );
    this.tasks.set(name, task);
    task.addDoneCallback(() => this.note(name, `done: ${outcome(task)}`));
  }

  /** Returns a task that the current one may wait for. */
  private other(name: string): Task<string> | null {
    const task = this.tasks.get(name);
    return task === undefined || task === currentTask() ? null : task;
  }

  private others(names: readonly string[]): Array<Task<string>> {
    return names.map((name) => this.other(name)).filter((task) => task !== null);
  }

  private *block(block: Block, me: string): Waits {
    for (const step of block) yield* this.step(step, me);
  }

  private *step(step: Step, me: string): Waits {
    switch (step[0]) {
      case 'sleep':
        yield sleep(step[1]);
        return;
      case 'log':
        this.note(me, `${step[1]}, ${requests()} requests`);
        return;
      case 'raise':
        throw new ProgramError(step[1]);
      case 'spawn':
        this.spawn(step[1], step[2], createTask);
        return;
      case 'cancel': {
        const task = this.tasks.get(step[1]);
        if (task !== undefined) this.note(me, `cancel ${step[1]}: ${yesNo(task.cancel())}`);
        return;
      }
      case 'uncancel':
        this.note(me, `uncancel: ${currentTask()!.uncancel()}`);
        return;
      case 'await':
      case 'shield':
      case 'gather':
      case 'wait':
      case 'waitFor':
        return yield* this.combine(step, me);
      case 'timeout':
      case 'group':
      case 'try':
      case 'finally':
        return yield* this.nest(step, me);
      default:
        return yield* this.synchronise(step, me);
    }
  }

  private *combine(
    step: Step & readonly ['await' | 'shield' | 'gather' | 'wait' | 'waitFor', ...unknown[]],
    me: string,
  ): Waits {
    if (step[0] === 'gather') {
      const results: unknown[] = yield gather(this.others(step[1]), { returnExceptions: step[2] });
      this.note(me, `gathered ${results.map((each) => (typeof each === 'string' ? each : nameOf(each))).join(', ')}`);
      return;
    }
    if (step[0] === 'wait') {
      const tasks = this.others(step[1]);
      if (tasks.length === 0) return;
      const { done, pending }: { done: Set<unknown>; pending: Set<unknown> } = yield wait(tasks, {
        returnWhen: step[2],
        timeoutMs: step[3],
      });
      this.note(me, this.program.counts ? `${done.size} done, ${pending.size} pending` : 'waited');
      return;
    }
    const task = this.other(step[1]);
    if (task === null) return;
    if (step[0] === 'await') this.note(me, `got ${String(yield task)}`);
    else if (step[0] === 'shield') this.note(me, `got ${String(yield shield(task))} from a shield`);
    else this.note(me, `got ${String(yield waitFor(task, step[2]))} in time`);
  }

  private *nest(step: Step & readonly ['timeout' | 'group' | 'try' | 'finally', ...unknown[]], me: string): Waits {
    const self = this;
    if (step[0] === 'timeout') {
      let timer: Timeout | null = null;
      yield timeout(
        step[1],
        this.flavour.coroutine(function* (scope: Timeout): Waits {
          timer = scope;
          yield* self.block(step[2], me);
        }),
      );
      this.note(me, `expired: ${yesNo(timer!.expired())}`);
    } else if (step[0] === 'group') {
      yield taskGroup(
        this.flavour.coroutine(function* (group: TaskGroup): Waits {
          for (const [name, body] of step[1]) self.spawn(name, body, (coroutine) => group.createTask(coroutine));
          yield* self.block(step[2], me);
        }),
      );
      this.note(me, 'the group is done');
    } else if (step[0] === 'try') {
      try {
        yield* this.block(step[1], me);
      } catch (error) {
        if (!step[2].includes(error instanceof CancelledError ? 'C' : 'E')) throw error;
        this.note(me, `caught ${nameOf(error)}, ${requests()} requests`);
        yield* this.block(step[3], me);
      }
    } else {
      try {
        yield* this.block(step[1], me);
      } finally {
        this.note(me, 'finally');
        yield* this.block(step[2], me);
      }
    }
  }

  private *synchronise(step: Step, me: string): Waits {
    const i = step[1] as number;
    switch (step[0]) {
      case 'lock':
      case 'semaphore': {
        const primitive = (step[0] === 'lock' ? this.locks : this.semaphores)[i]!;
        yield primitive.acquire();
        try {
          this.note(me, `has ${step[0]} ${i}`);
          yield* this.block(step[2], me);
        } finally {
          primitive.release();
        }
        return;
      }
      case 'setEvent':
        this.events[i]!.set();
        return;
      case 'clearEvent':
        this.events[i]!.clear();
        return;
      case 'waitEvent':
        yield this.events[i]!.wait();
        this.note(me, `event ${i}`);
        return;
      case 'put':
        yield this.queues[i]!.put(step[2]);
        this.note(me, `put into ${i}`);
        return;
      case 'get':
        this.note(me, `got ${String(yield this.queues[i]!.get())} of queue ${i}`);
        return;
      case 'taskDone':
        this.queues[i]!.taskDone();
        return;
      case 'join':
        yield this.queues[i]!.join();
        this.note(me, `joined ${i}`);
        return;
      case 'waitCondition':
      case 'notify':
      case 'notifyAll':
        return yield* this.useCondition(this.conditions[i]!, step, me);
    }
  }

  private *useCondition(condition: Condition, step: Step, me: string): Waits {
    yield condition.acquire();
    try {
      if (step[0] === 'notify') condition.notify(step[2]);
      else if (step[0] === 'notifyAll') condition.notifyAll();
      else {
        yield condition.wait();
        this.note(me, `condition ${String(step[1])}`);
      }
    } finally {
      condition.release();
    }
  }
}

function outcome(task: Task<string>): string {
  if (task.cancelled()) return 'cancelled';
  return task.exception() === null ? task.result() : nameOf(task.exception());
}
