/** The ResourceWarnings of this process, for tests of what a program forgets to close. */

import { afterEach, beforeEach } from 'vitest';

/** Records the messages of the ResourceWarnings of each test in the calling file. Returns the list, which each test starts with empty. */
export function recordResourceWarnings(): string[] {
  const messages: string[] = [];
  const record = (warning: Error): void => {
    if (warning.name === 'ResourceWarning') messages.push(warning.message);
  };
  beforeEach(() => {
    messages.length = 0;
    process.on('warning', record);
  });
  afterEach(() => {
    process.off('warning', record);
  });
  return messages;
}
