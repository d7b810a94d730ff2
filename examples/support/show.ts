/**
 * Records the loops that the examples build themselves, as the library records its own, for `npm run example NAME -- --play`.
 *
 * A loop calls these functions where it schedules a callback, where an iteration begins, where a task makes a step, and where a coroutine
 * waits. Without `--play` they do nothing but return, or run, what they are given. show-loops.ts records tiny.ts and os.ts, which call
 * nothing.
 */

import type { Selector } from 'selectloop/selectors';

import { Recording } from './recording.js';

/** Where the player is written; none: nothing is recorded. */
const target = process.env['SELECTLOOP_TRACE'] ?? '';

/** Whether the loops of the examples are recorded. */
export const playing = target.endsWith('.html');

type Named = object & { readonly name: string };
type Result = IteratorResult<unknown, unknown>;

let recording: Recording | null = null;
export const recorded = (): Recording => (recording ??= new Recording(target));

/** The tasks that are not done, by name. */
const tasks = new Map<string, number>();
/** The latest wait for a future. */
const waits = new WeakMap<object, number>();
/** The tasks that a handle on the queue wakes. */
const woken = new Set<number>();

/** The loop schedules a callback. Returns what it should run instead. */
export function scheduled<T extends () => unknown>(name: string, callback: T): T {
  if (!playing) return callback;
  const loop = recorded();
  const frames = loop.frames();
  const place = loop.ownPlace(frames) ?? frames[1]?.place;
  const [, of = '', what] = /^(.*) (step|wake-up)$/.exec(name) ?? [];
  const task = what === 'step' ? tasks.get(of) : undefined;
  const wakes = what === 'wake-up' ? loop.waiterFor(of, (each) => woken.has(each)) : 0;
  if (wakes !== 0) woken.add(wakes);
  const id = loop.newId({
    ...{ kind: 'callback', name },
    ...(task !== undefined && { task }),
    ...(wakes !== 0 && { wakes }),
    ...(place && { place }),
  });
  loop.enqueued(id);
  return (() => {
    loop.runs(id);
    try {
      return callback();
    } catch (error) {
      loop.failed(error);
      throw error;
    } finally {
      loop.ended();
    }
  }) as T;
}

/** A task joins the ready queue of a loop that has tasks in it, and no callbacks. Returns the task. */
export function queued<T extends Named>(task: T): T {
  if (!playing) return task;
  const loop = recorded();
  let id = tasks.get(task.name);
  if (id === undefined) {
    const place = loop.ownPlace();
    id = loop.created({ kind: 'task', name: task.name, ...(place && { place }) });
    tasks.set(task.name, id);
  }
  loop.enqueued(id);
  return task;
}

/** An iteration begins: what is in the queue now will run, or only the first `count`. */
export function ticked(number: number, count?: number): void {
  if (playing) recorded().collected(number, count);
}

/** Polls, at the beginning of an iteration. */
export function polled<D extends object>(
  selector: Selector<D>,
  timeoutMs: number | null,
): ReturnType<Selector<D>['select']> {
  const select = (): ReturnType<Selector<D>['select']> => selector.select(timeoutMs);
  if (!playing) return select();
  return recorded().poll(selector, timeoutMs, select, (future) => waits.get(future) ?? 0);
}

/** A coroutine is about to yield a future. Returns the future. */
export function waiting<F extends Named>(future: F): F {
  if (!playing) return future;
  const loop = recorded();
  const task = tasks.get(future.name);
  const place = loop.ownPlace();
  const { outcome = null } = future as { readonly outcome?: unknown };
  const id = loop.newId({
    ...{ kind: 'wait', name: future.name },
    ...(outcome !== null && { done: true as const }),
    ...(task !== undefined && { future: task }),
    ...(place && { place }),
  });
  waits.set(future, id);
  return future;
}

/** A task makes a step: `step` runs its coroutine to its next yield, or to its end. Returns the result of `step`. */
export function stepped<R extends Result>(task: Named, step: () => R): R {
  if (!playing) return step();
  const loop = recorded();
  const id = idOf(task.name);
  woken.delete(id);
  if (loop.cause === 0 || loop.name(loop.cause).kind === 'task') loop.runs(id);
  loop.steps(id);
  try {
    const result = step();
    if (result.done === true) {
      tasks.delete(task.name);
      loop.returned(id, result.value);
    } else loop.parks(id, result.value === undefined ? 0 : (waits.get(result.value as object) ?? 0));
    return result;
  } catch (error) {
    tasks.delete(task.name);
    loop.threw(id, error);
    throw error;
  }
}

/** The id of a task that makes a step. Before the first, only the handle is known. */
function idOf(name: string): number {
  const loop = recorded();
  let id = tasks.get(name);
  if (id === undefined) {
    const handle = loop.name(loop.cause);
    id = loop.createdWith(loop.cause, { kind: 'task', name, ...(handle.place && { place: handle.place }) });
    handle.task = id;
    tasks.set(name, id);
  }
  return id;
}

/** The only coroutine of a loop that has no queue: each of its steps is an iteration. */
export function onlyTask<T>(coroutine: Generator<undefined, T>): Pick<Generator<undefined, T>, 'next'> {
  if (!playing) return coroutine;
  let number = 0;
  const task = { name: 'main' };
  const next = (): IteratorResult<undefined, T> => {
    if (number === 0) queued(task);
    ticked((number += 1));
    const result = stepped(task, () => coroutine.next());
    if (result.done !== true) queued(task);
    return result;
  };
  return { next };
}
