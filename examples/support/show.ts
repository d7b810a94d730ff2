/**
 * Records the loops that the examples build themselves, as the library records its own, for `npm run example NAME -- --play`.
 *
 * A loop calls this in four places: where it schedules a callback, where a tick begins, where a coroutine waits, and where a task makes
 * a step. Without `--play` these calls do nothing but return, or run, what they are given.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import type { EventTrace, Name, Place, TraceEvent } from 'selectloop/trace';

/** The numbers of the events, which `Code` in lib/trace/events.ts explains. */
const [ITERATION_START, ITERATION_END, COLLECTED, HANDLE_START, HANDLE_FAILED, HANDLE_END] = [1, 2, 7, 8, 10, 11];
const [ENQUEUED, TASK_CREATED, TASK_STEP, TASK_WAITS, TASK_DONE] = [12, 18, 19, 20, 22];
/** How a task ends, if not with a result. */
const [FAILED, CANCELLED] = [1, 2];

/** Where the player is written; none: nothing is recorded. */
const target = process.env['SELECTLOOP_TRACE'] ?? '';
const playing = target.endsWith('.html');

type Named = { readonly name: string };
type Result = IteratorResult<unknown, unknown>;

/** What was recorded. One program has one loop, or one after the other. */
class Recording {
  private readonly names: Record<number, Name> = {};
  private readonly events: TraceEvent[] = [];
  private readonly sources: Record<string, string> = {};
  private readonly beganMs = performance.now();
  /** The latest wait for a future. */
  private readonly ids = new WeakMap<object, number>();
  /** The tasks that are not done, by name. */
  private readonly tasks = new Map<string, number>();
  private lastId = 0;
  private ownMs = 0;
  private inIteration = false;
  private running = 0;

  constructor() {
    process.once('exit', () => this.write());
  }

  scheduled(name: string, callback: () => unknown): () => unknown {
    const places = this.places();
    const step = / step$/.test(name) ? this.task(name.slice(0, -' step'.length), places) : undefined;
    const place = places.find(({ own }) => own) ?? places[1];
    const id = this.newId({
      kind: 'callback',
      name,
      ...(step && { task: step }),
      ...(place && { place: place.place }),
    });
    this.add(ENQUEUED, id, this.running);
    return () => this.run(id, callback);
  }

  private run(id: number, callback: () => unknown): unknown {
    this.running = id;
    this.add(HANDLE_START, id);
    try {
      return callback();
    } catch (error) {
      this.add(HANDLE_FAILED, id, this.newId({ kind: 'error', name: String(error) }));
      throw error;
    } finally {
      this.add(HANDLE_END, id);
      this.running = 0;
    }
  }

  tick(number: number): void {
    if (this.inIteration) this.add(ITERATION_END);
    this.inIteration = true;
    this.add(ITERATION_START, number);
    this.add(COLLECTED);
  }

  stepped<R extends Result>(task: Named, step: () => R): R {
    const id = this.task(task.name, []);
    this.add(TASK_STEP, id, 0, ...this.waits(id));
    try {
      const result = step();
      if (result.done === true) this.ends(task, id, 0, 0);
      else this.add(TASK_WAITS, id, result.value === undefined ? 0 : (this.ids.get(result.value as object) ?? 0));
      return result;
    } catch (error) {
      const isCancelled = error instanceof Error && error.name === 'CancelledError';
      this.ends(task, id, isCancelled ? CANCELLED : FAILED, this.newId({ kind: 'error', name: String(error) }));
      throw error;
    }
  }

  private ends({ name }: Named, id: number, outcome: number, error: number): void {
    this.tasks.delete(name);
    this.add(TASK_DONE, id, outcome, error);
  }

  /** What a task waits for since its last step. */
  private waits(task: number): readonly number[] {
    const last = this.events.findLast(([code, , id]) => code === TASK_WAITS && id === task);
    return last?.[3] === undefined || last[3] === 0 ? [] : [last[3]];
  }

  waiting(future: Named & object): void {
    const task = this.tasks.get(future.name);
    const place = this.places().find(({ own }) => own)?.place;
    const wait = this.newId({
      kind: 'wait',
      name: future.name,
      ...(isDone(future) && { done: true as const }),
      ...(task && { future: task }),
      ...(place && { place }),
    });
    this.ids.set(future, wait);
  }

  private task(name: string, places: ReadonlyArray<{ place: Place; own: boolean }>): number {
    let id = this.tasks.get(name);
    if (id === undefined) {
      const place = places.find(({ own }) => own)?.place;
      id = this.newId({ kind: 'task', name, parent: this.running, ...(place && { place }) });
      this.tasks.set(name, id);
      this.add(TASK_CREATED, id);
    }
    return id;
  }

  private newId(name: Name): number {
    this.lastId += 1;
    this.names[this.lastId] = name;
    return this.lastId;
  }

  /** The time that finding lines takes is left out: it is longer than the steps themselves. */
  private add(code: number, ...args: number[]): void {
    this.events.push([code, performance.now() - this.beganMs - this.ownMs, ...args]);
  }

  /** The lines of the program that called, the innermost first; `own` is one of its coroutines, and none of its loop. */
  private places(): Array<{ readonly place: Place; readonly own: boolean }> {
    const startMs = performance.now();
    const found = [];
    for (const line of (new Error().stack ?? '').split('\n')) {
      const [, name = '', file = '', row, column] = /at (?:(.*) \()?(?:file:\/\/)?(\/.*?):(\d+):(\d+)/.exec(line) ?? [];
      if (file !== process.argv[1]) continue;
      this.sources[file] ??= readFileSync(file, 'utf8');
      const own = name !== '' && !/\b(?:Loop|EventLoop|Future|Task|callback)\b/.test(name);
      found.push({ place: { file, line: Number(row), column: Number(column) }, own });
    }
    this.ownMs += performance.now() - startMs;
    return found;
  }

  private write(): void {
    if (this.inIteration) this.add(ITERATION_END);
    const title = basename(process.argv[1] ?? '');
    const trace: EventTrace = {
      ...{ format: 'selectloop-trace', version: 2, beganMs: this.beganMs, lost: null },
      program: {
        ...{ title, pid: process.pid, node: process.version, selectloop: '', selector: '' },
        ...{ mode: 'blocking', debug: false },
      },
      ...{ names: this.names, events: this.events, sources: this.sources },
      keyframes: [
        {
          at: 0,
          state: {
            ...{
              atMs: 0,
              iteration: 0,
              station: 'outside',
              outside: false,
              ready: [],
              left: 0,
              heap: [],
              descriptors: [],
            },
            ...{ tasks: [], running: 0, task: 0, ran: [], skipped: [], fired: [], select: null },
          },
        },
      ],
    };
    writeFileSync(target, pageOf(trace));
  }
}

/** True for a future with an outcome, as the examples' own keep it. */
function isDone(future: object): boolean {
  const { outcome = null } = future as { readonly outcome?: unknown };
  return outcome !== null;
}

/** Returns the player with a trace. */
function pageOf(trace: EventTrace): string {
  const manifest = createRequire(import.meta.url).resolve('selectloop/package.json');
  const page = readFileSync(join(dirname(manifest), 'dist/inspect/page.html'), 'utf8');
  const json = JSON.stringify(trace).replaceAll('<', '\\u003c');
  return page.replace('id="trace"></script>', () => `id="trace">${json}</script>`);
}

let recording: Recording | null = null;
const current = (): Recording => (recording ??= new Recording());

/** The loop schedules a callback. Returns what it should run instead. */
export function scheduled<T extends () => unknown>(name: string, callback: T): T {
  return playing ? (current().scheduled(name, callback) as T) : callback;
}

/** A tick begins: what is in the queue now will run. */
export function ticked(number: number): void {
  if (playing) current().tick(number);
}

/** A coroutine is about to yield a future. Returns the future. */
export function waiting<F extends Named>(future: F): F {
  if (playing) current().waiting(future);
  return future;
}

/** A task makes a step: `step` runs its coroutine to the next future that it yields, or to its end. Returns the result of `step`. */
export function stepped<R extends Result>(task: Named, step: () => R): R {
  return playing ? current().stepped(task, step) : step();
}
