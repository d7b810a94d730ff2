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
  /** The ids of what it waits for; 0 for one that yields to the loop. An async function may have several waits at once. */
  ids: number[];
  /** The futures with these ids. */
  futures: Array<AwaitedFuture | null>;
}

/** The lives of the tasks of one loop. It refers to what the tasks wait for, as they do, until they are done. */
export class TaskLives {
  private readonly lives = new Map<number, Life>();

  constructor(private readonly objects: Identities) {}

  /** A task was created. Returns its id. */
  created(task: Runnable, parent: number): number {
    const id = this.objects.ofNewTask(task, parent);
    this.lives.set(id, { id, begun: false, cancelling: false, steps: 0, busyMs: 0, ids: [], futures: [] });
    return id;
  }

  /** Returns the life of a task; of one that existed before the recording, with what it waits for now. */
  of(task: Runnable): Life {
    const id = this.objects.of(task);
    let life = this.lives.get(id);
    if (life === undefined) {
      const futures = futuresOf(task);
      const ids = futures.map((future) => this.objects.of(future));
      life = { id, begun: true, cancelling: false, steps: 0, busyMs: 0, ids, futures };
      this.lives.set(id, life);
    }
    return life;
  }

  /** A task waits. Returns the id of what it waits for; 0 if it yields. */
  waits(life: Life, future: AwaitedFuture | null): number {
    const id = future === null ? 0 : this.objects.of(future);
    if (life.ids.length < MOST_WAITS) {
      life.ids.push(id);
      life.futures.push(future);
    }
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
}

function futuresOf(task: Runnable): AwaitedFuture[] {
  if (!(task instanceof Task)) return [];
  return task
    ._waitsFor()
    .flatMap((each): readonly unknown[] => (each instanceof Continuation ? each.waitsFor() : [each]))
    .slice(0, MOST_WAITS) as AwaitedFuture[];
}

/**
 * A task begins or resumes: removes the waits that are over.
 *
 * @param over receives the ids of these waits
 * @returns whether one of them was cancelled
 */
export function stepped(life: Life, over: number[]): boolean {
  life.begun = true;
  life.steps += 1;
  while (over.length > 0) over.pop(); // setting `length` is slower
  const { ids, futures } = life;
  if (ids.length === 1) {
    const id = ids.pop() as number;
    const future = futures.pop() ?? null;
    if (future !== null) over.push(id);
    return future?.cancelled() === true;
  }
  const isOver = (future: AwaitedFuture | null | undefined): boolean => future?.done() !== false;
  const all = ids.length <= 1 || !futures.some(isOver); // if none is done, a wait was interrupted
  let cancelled = false;
  let left = 0;
  for (let i = 0; i < ids.length; i += 1) {
    const [id, future] = [ids[i] as number, futures[i] as AwaitedFuture | null];
    if (all || isOver(future)) {
      if (future === null) continue;
      over.push(id);
      cancelled ||= future.cancelled();
    } else {
      ids[left] = id;
      futures[left] = future;
      left += 1;
    }
  }
  ids.length = left;
  futures.length = left;
  return cancelled;
}
