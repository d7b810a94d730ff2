/** Runs whole programs in virtual time: sleeping takes no real time, and a busy machine cannot change the order of events. */

import { type Main, type Steps, run } from 'selectloop';
import { virtualLoop } from 'selectloop/testing';

/** A blocking run. */
export function blocking<T>(main: () => Steps<T>): T {
  const loop = virtualLoop();
  try {
    return loop.runUntilComplete(main());
  } finally {
    loop.close();
  }
}

/** A hosted run. */
export async function hosted<T>(main: Main<T>): Promise<T> {
  return await run(main, { loopFactory: virtualLoop });
}
