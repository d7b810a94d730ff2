/**
 * The end of a program that does not catch the KeyboardInterrupt of Ctrl-C: it dies of SIGINT, as other Unix programs do.
 *
 * Node would print a stack trace and exit with status 1, although nothing went wrong. Python and
 * others clean up and then kill themselves with SIGINT. The shell reports status 130 and, because it sees the signal, also stops the
 * script or the loop that started the program; exiting with 130 would not do that.
 */

import type { KeyboardInterrupt } from '../errors/index.js';
import { constants } from '../platform/system.js';

/** What a shell reports for a program that SIGINT killed. */
const STATUS = 128 + constants.signals.SIGINT;

/** The errors that Ctrl-C made. One that the program throws itself is an error like any other. */
const interrupts = new WeakSet<object>();
let listening = false;

/** Ends the process by SIGINT if `interrupt` becomes an uncaught exception or an unhandled rejection. */
export function dieOfUncaught(interrupt: KeyboardInterrupt): void {
  interrupts.add(interrupt);
  if (listening) return;
  listening = true;
  // Node calls this before it prints the error, and only for an error that it is about to treat as uncaught.
  process.on('uncaughtExceptionMonitor', (error) => {
    if (!interrupts.has(error) || isCaughtByProgram()) return;
    process.on('exit', () => process.kill(process.pid, 'SIGINT')); // added last: the program's listeners run before it
    process.exit(STATUS); // the status that those listeners see, and that of a program which listens for SIGINT still
  });
}

/** True if the program receives its uncaught exceptions itself. */
function isCaughtByProgram(): boolean {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}
