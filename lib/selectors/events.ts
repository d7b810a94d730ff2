/** The two events that every selector reports, and the check of event masks. */

import { outOfRange, wrongType } from '../errors/index.js';

/** Interest in, or readiness for, reading: data, a connection to accept, end of file, an error, or a hang-up. */
export const EVENT_READ = 1;

/** Interest in, or readiness for, writing: room in the send buffer, a finished connect, an error, or a hang-up. */
export const EVENT_WRITE = 2;

/**
 * Checks an event mask and returns it.
 *
 * @throws TypeError unless it is a number, RangeError unless it is EVENT_READ, EVENT_WRITE or both
 * @internal
 */
export function checkEvents(events: number): number {
  if (events === EVENT_READ || events === EVENT_WRITE || events === (EVENT_READ | EVENT_WRITE)) return events;
  const expected = 'EVENT_READ (1), EVENT_WRITE (2) or both (3)';
  if (typeof events !== 'number') throw wrongType('events', expected, events);
  throw outOfRange('events', expected, events);
}
