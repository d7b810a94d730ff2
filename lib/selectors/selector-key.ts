/** The key: one registration. */

import type { FileObject } from './file-object.js';

/**
 * A registration of one descriptor. Keys are immutable: `modify` creates a new one, so a key that was kept still shows what was
 * registered at the time.
 */
export interface SelectorKey<D = unknown> {
  /** The registered file object, as it was passed in. */
  readonly fileobj: FileObject;
  /** Its descriptor at the time of registration; unchanged even if the file object is closed. */
  readonly fd: number;
  /** The registered events: EVENT_READ, EVENT_WRITE or both. */
  readonly events: number;
  /** The caller's data; the selector does not use it. */
  readonly data: D;
}

/**
 * The selector's implementation of a key.
 *
 * `serial` numbers the registrations of one selector. A batch of events belongs to the registrations that existed when it was fetched.
 * If a callback of the batch closes a descriptor, and its number is reused and registered again, the old event must not go to the new
 * registration. Comparing serials distinguishes the two without any bookkeeping per batch.
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
