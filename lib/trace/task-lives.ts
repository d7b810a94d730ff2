/** What a recorder knows of the tasks that are not done. */

import type { AwaitedFuture } from '../loop/instrument.js';
import type { Runnable } from '../loop/runnable.js';
import { Continuation } from '../tasks/continuation.js';
import { Task } from '../tasks/index.js';
import { MOST_WAITS } from './events.js';
import type { Identities } from './identities.js';

/** The life of a task during a recording. */
export interface Life {
  readonly id: number;
  begun: boolean;
  cancelling: boolean;
  steps: number;
  busyMs: number;
  /** What it waits for; null for one that yields to the loop. An async function may have several waits at once. */
  waits: Wait[];
}

interface Wait {
  readonly future: AwaitedFuture | null;
  readonly id: number;
}

/** The waits that are over when a task resumes. */
interface Over {
  readonly ids: readonly number[];
  readonly cancelled: boolean;
}

const NOTHING: Over = { ids: [], cancelled: false };

/** The lives of the tasks of one loop. It refers to what the tasks wait for, as they do, until they are done. */
export class TaskLives {
  private readonly lives = new Map<number, Life>();

  constructor(private readonly objects: Identities) {}

  /** A task was created. Returns its id. */
  created(task: Runnable, parent: number): number {
    const id = this.objects.ofNewTask(task, parent);
    this.lives.set(id, { id, begun: false, cancelling: false, steps: 0, busyMs: 0, waits: [] });
    return id;
  }

  /** Returns the life of a task; of one that existed before the recording, with what it waits for now. */
  of(task: Runnable): Life {
    const id = this.objects.of(task);
    let life = this.lives.get(id);
    if (life === undefined) {
      life = { id, begun: true, cancelling: false, steps: 0, busyMs: 0, waits: this.waitsOf(task) };
      this.lives.set(id, life);
    }
    return life;
  }

  /** A task waits. Returns the id of what it waits for; 0 if it yields. */
  waits(life: Life, future: AwaitedFuture | null): number {
    const id = future === null ? 0 : this.objects.of(future);
    if (life.waits.length < MOST_WAITS) life.waits.push({ future, id });
    return id;
  }

  /** A task is done. */
  done(id: number): void {
    this.lives.delete(id);
  }

  /** The recording stops: what changes until it continues is not seen. */
  clear(): void {
    this.lives.clear();
  }

  private waitsOf(task: Runnable): Wait[] {
    if (!(task instanceof Task)) return [];
    return task
      ._waitsFor()
      .flatMap((each): readonly unknown[] => (each instanceof Continuation ? each.waitsFor() : [each]))
      .slice(0, MOST_WAITS)
      .map((future) => ({ future: future as AwaitedFuture, id: this.objects.of(future as AwaitedFuture) }));
  }
}

/** A task begins or resumes. Returns the waits that are over. */
export function stepped(life: Life): Over {
  life.begun = true;
  life.steps += 1;
  const { waits } = life;
  if (waits.length === 0) return NOTHING;
  const done = waits.length === 1 ? waits : waits.filter(({ future }) => future === null || future.done());
  const over = done.length > 0 ? done : waits; // if none is done, a wait was interrupted
  life.waits = over.length === waits.length ? [] : waits.filter((wait) => !over.includes(wait));
  const ids: number[] = [];
  let cancelled = false;
  for (const { future, id } of over) {
    if (future === null) continue;
    ids.push(id);
    cancelled ||= future.cancelled();
  }
  return { ids, cancelled };
}
