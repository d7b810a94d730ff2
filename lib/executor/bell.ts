/**
 * Bells: the pipes by which worker threads wake the loop.
 *
 * A thread writes to its end of the pipe. That end must stay open until the thread has ended; otherwise the thread could write to another
 * file that reuses the number. But libuv reports the end of a thread, and does not run during a blocking run. So the bell of a terminated
 * thread is kept for the next thread. If the former thread still writes a byte, the loop wakes and finds no message, which is harmless.
 * There are never more bells than threads that were in use at the same time. When libuv reports that a thread has ended, spare bells are
 * closed.
 */

import { checked } from '../errors/index.js';
import { native } from '../native/binding.js';
import { belongsToKernel } from '../platform/kernel-state.js';
import { announceClose, closeDescriptor } from '../sockets/descriptor-close.js';

/** The bells that are not in use. Terminated threads may still ring them. */
let spare = new Set<Bell>();

belongsToKernel(() => {
  const outer = spare;
  spare = new Set();
  return () => (spare = outer);
});

/** A pipe from worker threads to the loop. It has one user at a time. */
export class Bell {
  /** The number of threads that may still ring it. */
  private threads = 0;

  private constructor(
    /** The loop's end, non-blocking. The user registers it with its loop. */
    readonly loopEnd: number,
    /** The threads' end. */
    readonly threadEnd: number,
  ) {}

  /** Returns a spare bell or a new one. @throws OSError EMFILE if no descriptor is left */
  static take(): Bell {
    const [found] = spare;
    if (found === undefined) return Bell.make();
    spare.delete(found);
    found.silence();
    return found;
  }

  private static make(): Bell {
    const ends = new Int32Array(2);
    checked(native.pipe(ends), 'pipe');
    const [loopEnd, threadEnd] = ends as unknown as [number, number];
    native.setNonBlocking(loopEnd, true);
    return new Bell(loopEnd, threadEnd);
  }

  /** Reads the rings so far. */
  silence(): void {
    const bytes = new Uint8Array(16);
    native.read(this.loopEnd, bytes, 0, bytes.length);
  }

  /** Notes that a thread may ring it from now on, until {@link threadEnded}. */
  lend(): void {
    this.threads += 1;
  }

  /** Notes that a thread has ended. */
  threadEnded(): void {
    this.threads -= 1;
    if (spare.has(this)) this.giveBack();
  }

  /** The user needs it no longer. The loop drops its registration. */
  giveBack(): void {
    if (this.threads > 0) {
      announceClose(this.loopEnd);
      spare.add(this);
    } else {
      spare.delete(this);
      closeDescriptor(this.loopEnd);
      closeDescriptor(this.threadEnd);
    }
  }
}
