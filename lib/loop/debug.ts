/** Debug mode: where things were created, and which callbacks are slow. */

import type { Runnable } from './runnable.js';

/** The stack of the caller, without the library's own frames at the top. */
export function creationStack(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  const first = lines.findIndex(
    (line) => !/[/\\](dist|lib)[/\\](loop|tasks|event-loop|combinators|io)[/\\]/.test(line),
  );
  return (first === -1 ? lines : lines.slice(first)).map((line) => line.trim()).join('\n');
}

/** Measures handles and reports those over the loop's limit: while one callback runs, nothing else does. */
export class SlowCallbackWatch {
  private started = 0;

  constructor(private readonly report: (message: string) => void) {}

  start(now: number): void {
    this.started = now;
  }

  stop(now: number, handle: Runnable, limitMs: number): void {
    const took = now - this.started;
    if (took >= limitMs) this.report(`Executing ${String(handle)} took ${(took / 1000).toFixed(3)} seconds`);
  }
}
