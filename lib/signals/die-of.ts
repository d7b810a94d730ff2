/** The end of a program that a signal has asked to stop, and that has stopped in order: it dies of that signal. */

import { constants } from '../platform/system.js';
import { isSimulated } from '../platform/kernel-state.js';
import { isMainThread } from '../platform/threads.js';

/** The signal that the process will die of; null if none has asked it to stop. */
let cause: NodeJS.Signals | null = null;

/**
 * Makes the process end by the signal when it exits with code 0 and no exit code was set: status 128 + N in a shell. The first signal
 * counts. Does nothing in a worker thread, which does not decide how the process ends, and in a simulation.
 *
 * Dying of the signal, instead of exiting with 128 + N, is what a parent expects of a program that it has stopped: a shell also stops the
 * script that runs the program, and systemd counts SIGTERM as a clean end, but code 143 as a failure.
 */
export function dieOf(signal: NodeJS.Signals): void {
  if (cause !== null || !isMainThread || isSimulated()) return;
  cause = signal;
  process.on('exit', end);
}

function end(code: number): void {
  // Undefined unless the program has set it, called process.exit with a code, or failed.
  if (cause === null || code !== 0 || process.exitCode !== undefined) return;
  // The signal leaves no time for the listeners that were added after this one.
  const listeners = process.rawListeners('exit') as Array<(code: number) => void>;
  for (const listener of listeners.slice(listeners.indexOf(end) + 1)) listener.call(process, code);
  if (process.exitCode !== undefined) return;
  process.exitCode = 128 + constants.signals[cause]; // for a process that the signal does not end: the first one of a container
  process.kill(process.pid, cause);
}
