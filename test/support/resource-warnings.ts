/** The ResourceWarnings of this process, for tests of what a program forgets to close. */

import { setImmediate as nextTurnOfNode } from 'node:timers/promises';

import { afterEach, beforeEach } from 'vitest';

/** Records the messages of the ResourceWarnings of each test in the calling file. Returns the list, which each test starts with empty. */
export function recordResourceWarnings(): string[] {
  const messages: string[] = [];
  const record = (warning: Error): void => {
    if (warning.name === 'ResourceWarning') messages.push(warning.message);
  };
  beforeEach(async () => {
    await collectEarlierGarbage();
    messages.length = 0;
    process.on('warning', record);
  });
  afterEach(() => {
    process.off('warning', record);
  });
  return messages;
}

/** Test files share a process: what an earlier file has dropped must not be reported in a test of this one. */
async function collectEarlierGarbage(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc!();
    await nextTurnOfNode(); // finalizers run in a turn of their own
  }
}
