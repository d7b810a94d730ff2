/** One registration. */

import type { FileObject } from './file-object.js';

/**
 * What a selector knows about one registered descriptor. It never changes: `modify` makes a new key, so a key that was kept
 * still says what was asked for at the time.
 */
export interface SelectorKey<D = unknown> {
  /** What was registered, exactly as it was given. */
  readonly fileobj: FileObject;
  /** Its descriptor at the time of registration; it stays even when the file object is closed. */
  readonly fd: number;
  /** The events asked for: EVENT_READ, EVENT_WRITE or both. */
  readonly events: number;
  /** Whatever the caller attached; the selector never looks at it. */
  readonly data: D;
}

/**
 * The selector's own key.
 *
 * `serial` numbers the registrations of one selector. A batch of events was fetched for the registrations that existed then,
 * so an event must not go to a later registration of the same number (closed, reused and registered again by a callback of
 * the same batch). Comparing serials tells the two apart without any bookkeeping per batch.
 *
 * @internal
 */
export class Registration<D> implements SelectorKey<D> {
  constructor(
    readonly fileobj: FileObject,
    readonly fd: number,
    readonly events: number,
    readonly data: D,
    readonly serial: number,
  ) {}
}
