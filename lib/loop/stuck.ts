/** What to say of a loop that nothing can wake. */

import type { LoopCore } from './loop-core.js';

/** Names the tasks that wait. */
export function describeStuck(loop: LoopCore): string {
  const tasks = [...loop._tasks].map(String);
  const waiting = tasks.length === 0 ? 'no task is left' : `waiting: ${tasks.join(', ')}`;
  return `nothing can wake the event loop: no ready handle, no timer, no descriptor; ${waiting}`;
}

/**
 * Reports, when the process exits because it has nothing left to do, that the loop has not ended. It would otherwise be silent: with the code 13
 * if a module awaits `run`, and with 0 if not.
 */
export class ExitReport {
  /** Node was about to exit, and the loop has not run since. */
  private isOver = false;

  constructor(private readonly loop: LoopCore) {
    process.on('beforeExit', this.beforeExit);
    process.on('exit', this.report);
  }

  /** The loop has run again: a 'beforeExit' listener has found something to do. */
  revived(): void {
    this.isOver = false;
  }

  /** The run has ended. */
  cancel(): void {
    process.off('beforeExit', this.beforeExit);
    process.off('exit', this.report);
  }

  private readonly beforeExit = (): void => {
    this.isOver = !this.loop._hasWork();
  };

  private readonly report = (): void => {
    if (this.isOver)
      this.loop.callExceptionHandler({ message: `the process ends before main: ${describeStuck(this.loop)}` });
  };
}
