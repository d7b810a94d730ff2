/** The recorder's state about live tasks and timers. */

import type { AwaitedFuture } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { Task } from '../tasks/index.js';
import { describeCoroutine, describeTimer, describeWait } from './names.js';
import type { TracedTask, TracedTimer } from './trace-data.js';

interface Life {
  traced: TracedTask;
  /** True until the first step. A task that existed before the recording counts as begun. */
  unbegun: boolean;
  /** What it waits for, as described at the time. An async function may have several waits concurrently. */
  waits: Array<{ future: AwaitedFuture | null; text: string | null }>;
}

/** Numbers tasks and timers, and remembers what each task waits for. */
export class TracedObjects {
  private readonly lives = new WeakMap<Runnable, Life>();
  private readonly timers = new WeakMap<Runnable, TracedTimer>();
  private lastTask = 0;
  private lastTimer = 0;

  /** Returns the data of a new task. */
  created(task: Runnable): TracedTask {
    const life = this.lifeOf(task);
    life.unbegun = true;
    return life.traced;
  }

  /** Returns the data of a task, with its current name. */
  task(task: Runnable): TracedTask {
    return this.lifeOf(task).traced;
  }

  /** Called when a task begins or resumes. Returns what it had waited for. */
  steps(task: Runnable): { begins: boolean; after: string | null; cancelled: boolean } {
    const life = this.lifeOf(task);
    const begins = life.unbegun;
    life.unbegun = false;
    const done = life.waits.filter(({ future }) => future === null || future.done());
    const over = done.length > 0 ? done : life.waits; // if none is done, a wait was interrupted
    life.waits = life.waits.filter((wait) => !over.includes(wait));
    const texts = over.map(({ text }) => text).filter((text) => text !== null);
    const after = texts.length === 0 ? null : texts.join(', ');
    return { begins, after, cancelled: over.some(({ future }) => future?.cancelled() === true) };
  }

  /** Called when a task waits. Returns the description of what it waits for. */
  waits(task: Runnable, future: AwaitedFuture | null): string | null {
    const text = future === null ? null : describeWait(future);
    const { waits } = this.lifeOf(task);
    if (waits.length < MOST_WAITS) waits.push({ future, text });
    return text;
  }

  /** Returns the data of a timer. */
  timer(timer: Runnable, dueMs: number): TracedTimer {
    let traced = this.timers.get(timer);
    if (traced === undefined) {
      traced = { id: (this.lastTimer += 1), name: describeTimer(timer), dueMs };
      this.timers.set(timer, traced);
    }
    return traced;
  }

  private lifeOf(task: Runnable): Life {
    let life = this.lives.get(task);
    if (life === undefined) {
      life = { traced: describeTask(task, (this.lastTask += 1)), unbegun: false, waits: [] };
      this.lives.set(task, life);
    }
    if (task instanceof Task && task.getName() !== life.traced.name) life.traced = describeTask(task, life.traced.id);
    return life;
  }
}

/** The largest number of concurrent waits kept per task: an async function could start a million. */
const MOST_WAITS = 100;

function describeTask(task: Runnable, id: number): TracedTask {
  if (!(task instanceof Task)) return { id, name: task.toString(), coroutine: 'a task of another copy of selectloop' };
  return { id, name: task.getName(), coroutine: describeCoroutine(task._label) };
}
