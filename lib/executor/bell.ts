/**
 * Bells: the pipes by which worker threads wake the loop.
 *
 * A thread writes to its end of the pipe, so that end must stay open until the thread has ended; otherwise the thread could write to a
 * file that has got the same number. But the end of a thread is an event of libuv, which never comes while a blocking loop runs. So the
 * bell of a terminated thread is kept, and used by the next thread. A byte that the former thread still writes is a ring without a
 * message. No more bells exist than threads have been in use at the same time, and the event, when it comes, closes those left over.
 */

import { checked } from '../errors/index.js';
import { adoptDescriptor } from '../native/adoption.js';
import { native } from '../native/binding.js';
import { announceClose, closeDescriptor } from '../sockets/descriptor-close.js';

/** The bells without a user, which former threads may still ring. */
const spare = new Set<Bell>();

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
    for (const end of ends) adoptDescriptor(end);
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
