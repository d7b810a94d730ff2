/** Follows the loops of a program that is not changed, as SELECTLOOP_INSPECT and SELECTLOOP_TRACE say. */

import { recordAsEnvironmentSays } from '../trace/record-process.js';
import { inspectAsEnvironmentSays } from './open-door.js';

let read = false;

/** Reads the variables; called before each loop of this thread is created, of which the first counts. */
export function followAsEnvironmentSays(): void {
  if (read) return;
  read = true;
  inspectAsEnvironmentSays();
  recordAsEnvironmentSays();
}
