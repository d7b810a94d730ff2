/** Runs whole programs in virtual time: whatever they sleep takes no time, and no busy machine changes the order of things. */

import { type Main, type Steps, run } from 'selectloop';

import { virtualLoop } from '../support/virtual-time.js';
import { impatientLoop } from '../tasks/both-flavours.js';

/** A blocking run. */
export function blocking<T>(main: () => Steps<T>): T {
  using virtual = virtualLoop();
  return virtual.loop.runUntilComplete(main());
}

/** A hosted run. */
export async function hosted<T>(main: Main<T>): Promise<T> {
  return await run(main, { loopFactory: impatientLoop });
}
