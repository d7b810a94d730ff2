/** Debug mode: where things were created, and which callbacks are slow. */

import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

import { packageRoot } from '../native/package-root.js';
import type { ExceptionContext } from './exception-handler.js';
import type { Instrument } from './instrument.js';
import type { Runnable } from './runnable.js';

/**
 * The folders of the library as they show in stack frames: what was built, and what it was built from, which is what tests run and
 * `--enable-source-maps` shows; as a URL for ES modules, as a path where a test tool loads them.
 */
const folders = ['dist', 'lib'].map((name) => join(packageRoot, name) + sep);
const libraryPlaces = [...folders, ...folders.map((folder) => pathToFileURL(folder).href)];

const isOfLibrary = (line: string): boolean => libraryPlaces.some((place) => line.includes(place));

/** The stack of the caller, without the library's own frames at the top. */
export function creationStack(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  const first = lines.findIndex((line) => !isOfLibrary(line));
  return (first === -1 ? lines : lines.slice(first)).map((line) => line.trim()).join('\n');
}

/** The frames of the program on the stack, down to the task whose step this is, the innermost first. */
export function stackOfProgram(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const step = lines.findIndex((line) => isOfLibrary(line) && /\bTask\.(step|begin)\b/.test(line));
  return (step === -1 ? lines : lines.slice(0, step))
    .filter((line) => !isOfLibrary(line) && !/\((<anonymous>|node:.*)\)$| at node:/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^at (async )?/, '')
        .replace('file://', ''),
    );
}

/** Handles and tasks know where they were made. */
interface Sourced extends Runnable {
  readonly _source?: string | null;
}

/** What the watch needs of a loop. */
interface WatchedLoop {
  readonly slowCallbackMs: number;
  time(): number;
  callExceptionHandler(context: ExceptionContext): void;
}

/**
 * Measures handles and reports those over the loop's limit: while one callback runs, nothing else does.
 *
 * A task is often resumed by another runnable, the timer of its sleep or the readiness of its socket. It is the task that was
 * slow then, and its name that helps.
 */
export class SlowCallbackWatch implements Instrument {
  private started = 0;
  private task: Runnable | null = null;

  constructor(private readonly loop: WatchedLoop) {}

  handleStart(): void {
    this.started = this.loop.time();
    this.task = null;
  }

  taskStep(task: Runnable): void {
    this.task = task;
  }

  handleEnd(handle: Runnable): void {
    const took = this.loop.time() - this.started;
    if (took < this.loop.slowCallbackMs) return;
    const slow = this.task ?? handle;
    const message = `Executing ${String(slow)} took ${(took / 1000).toFixed(3)} seconds`;
    this.loop.callExceptionHandler({ message, source: (slow as Sourced)._source ?? null });
  }
}
