/** Options that decide what is run or who is trusted come from the caller's object only. */

import { createSubprocess, openConnection, runSync, startServer } from 'selectloop';
import { afterEach, describe, expect, it } from 'vitest';

const polluted = Object.prototype as Record<string, unknown>;
const names = ['shell', 'env', 'cwd', 'stdout', 'detached', 'PATH', 'tls', 'socket', 'rejectUnauthorized', 'limit'];

afterEach(() => {
  for (const name of names) Reflect.deleteProperty(polluted, name);
});

/** Sets a property of Object.prototype, as a careless merge of untrusted JSON does. */
function pollute(name: string, value: unknown): void {
  Object.defineProperty(polluted, name, { value, configurable: true, writable: true, enumerable: false });
}

describe('a property of Object.prototype', () => {
  it.each<[string, unknown]>([
    ['shell', '/bin/echo'],
    ['env', { SECRET: 'polluted' }],
    ['cwd', '/nonexistent'],
    ['stdout', 'ignore'],
    ['detached', true],
    ['PATH', '/nonexistent'],
  ])('%s does not change the program that is started', (name, value) => {
    pollute(name, value);
    const output = runSync(function* () {
      const options = { stdout: 'pipe' as const, env: { PATH: '/bin:/usr/bin' } };
      if (name === 'stdout') return String(yield* (yield* createSubprocess('true')).wait());
      const child = yield* createSubprocess(
        'sh',
        ['-c', 'echo "$SECRET"'],
        name === 'env' ? { stdout: 'pipe' } : options,
      );
      return String((yield* child.communicate()).stdout);
    });
    expect(output.trim()).toBe(name === 'stdout' ? '0' : '');
  });

  it.each(['tls', 'socket', 'limit'])('%s does not change a connection', (name) => {
    pollute(name, 'polluted');
    openConnection('127.0.0.1', 1).close();
    startServer(() => undefined, '127.0.0.1', 0, { startServing: false }).close();
  });
});

it.each([null, 5, 'text', []])('%o as options is refused with the name of the function', (options) => {
  expect(() => createSubprocess('true', [], options as never)).toThrow(
    /^createSubprocess: options: expected an object of options, got /,
  );
});
