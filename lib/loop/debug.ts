/** Debug mode: where things were created, and which callbacks are slow. */

import { fileURLToPath } from 'node:url';

import type { ExceptionContext } from './exception-handler.js';
import type { Instrument } from './instrument.js';
import type { Runnable } from './runnable.js';

/** The folder of the library, as it shows in stack frames: a URL for ES modules, a path where a bundler or a test tool loads them. */
const libraryUrl = new URL('..', import.meta.url).href;
const libraryPath = fileURLToPath(libraryUrl);

/** The stack of the caller, without the library's own frames at the top. */
export function creationStack(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  const first = lines.findIndex((line) => !line.includes(libraryUrl) && !line.includes(libraryPath));
  return (first === -1 ? lines : lines.slice(first)).map((line) => line.trim()).join('\n');
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
    const message = `Executing ${String(this.task ?? handle)} took ${(took / 1000).toFixed(3)} seconds`;
    this.loop.callExceptionHandler({ message });
  }
}
