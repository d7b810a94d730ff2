/**
 * The bounded part of `npm run fuzz`: hostile arguments, parsers in every split, and programs against CPython. The transports have files
 * of their own. One Node process and one Python process serve all of it.
 */

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { hostileFuzzers } from './hostile/fuzzer.js';
import { GuardedMemory } from './hostile/guards.js';
import { resultCheck } from './hostile/results.js';
import { closeAll, findsNothing, passes } from './kinds.js';
import { DIFFERENCES } from './python/differences.js';
import { socketsInPython } from './python/fuzzer.js';
import { runSockets } from './python/sockets.js';

afterAll(closeAll);

describe('calls with hostile arguments', () => {
  it('of every function of the addon cause no crash, no hang, no leak, and errors that say what was expected', () =>
    findsNothing('native', 60));

  it('of every public function and method cause no crash, no hang, no leak, and no error of the engine', () =>
    findsNothing('public', 12));

  it('reach every export of the addon and of the package', async () => {
    expect(await hostileFuzzers[0].unreached()).toEqual([]);
  });
});

describe('the fuzzer of the addon', () => {
  it.each([-1, 5])('notices a write at position %d of five bytes', (position) => {
    const memory = new GuardedMemory();
    const bytes = memory.bytes(5);
    expect(memory.check()).toBeNull();
    new Uint8Array(memory.bytes(5).buffer).fill(1, bytes.byteOffset, bytes.byteOffset + 5);
    expect(memory.check()).toBeNull();
    const { buffer, byteOffset } = memory.bytes(5);
    new Uint8Array(buffer)[byteOffset + position] = 1;
    expect(memory.check()).toBe('wrote outside of its buffer');
  });

  it('notices that a range or a count beyond an array was accepted, and that bytes behind the end of a file were sent', () => {
    const check = (name: string, ...values: unknown[]): string | null => resultCheck(name, values)(4);
    expect(check('recv', 3, new Uint8Array(8), 4, 4, 0)).toBeNull();
    expect(check('recv', 3, new Uint8Array(8), 4, 5, 0)).toBe('accepted offset 4 and length 5 for 8 bytes');
    expect(check('recvEach', new Int32Array(1), 1, new Uint8Array(8), 9, 0, 1)).toContain('accepted offset 9');
    expect(check('recvEach', new Int32Array(1), 2, new Uint8Array(8), 0, 8, 1)).toBe('accepted count 2 for 1 ints');
    expect(check('sendEach', new Int32Array(5), 1, new Uint8Array(8))).toBeNull();
    expect(check('sendEach', new Int32Array(5), 2, new Uint8Array(8))).toBe('accepted count 2 for 5 ints');
    const file = openSync(fileURLToPath(import.meta.url), 'r');
    const { size } = fstatSync(file);
    expect(check('sendfile', 3, file, size - 4, 10)).toBeNull();
    expect(check('sendfile', 3, file, size - 3, 10)).toContain(`sent 4 bytes from position ${size - 3}`);
    closeSync(file);
  });
});

describe('parsers', () => {
  it('readUntil, readline, readExactly, RESP, DNS and HTTP give the same for every split of their input', () =>
    findsNothing('splits', 60));
});

describe('random programs do the same in CPython', () => {
  it('with tasks, cancellation, groups, timeouts and primitives', () => findsNothing('tasks', 20));

  it('with sockets and selectors', () => findsNothing('sockets', 50));
});

describe('a difference between socket programs', () => {
  const document = readFileSync(new URL('../../docs/differences-from-python.md', import.meta.url), 'utf8');
  const table = DIFFERENCES.map((each) => [each.row, each] as const);

  it.each(table)('shows in its example, and is documented: %s', async (row, { inPython, here, example }) => {
    const program = { selector: 'epoll', calls: example } as const;
    expect((await socketsInPython(program)).at(-1)).toMatch(inPython);
    expect(runSockets(program).at(-1)).toMatch(here);
    expect(document.split('\n').some((line) => line.startsWith(`| ${row} `))).toBe(true);
  });
});

/** `npm run fuzz` prints a failing program in this form. */
describe('programs that once failed', () => {
  it('traceRun and traceRunSync inside a running loop leave no loop open', () =>
    passes('public', {
      kind: 'public',
      seed: 25,
      calls: [
        { name: 'traceRun', on: 0, args: [0] },
        { name: 'traceRunSync', on: 0, args: [0] },
      ],
    }));

  it('a group of errors refuses a list of filters that are no classes', () =>
    passes('public', {
      kind: 'public',
      seed: 1,
      calls: [{ name: 'ExceptionGroup#split', on: 0, args: [{ list: [0, { hostile: 'an object' }] }] }],
    }));

  it('setWriteBufferLimits says that null is no object of options', () =>
    passes('public', {
      kind: 'public',
      seed: 357,
      calls: [{ name: 'Transport#setWriteBufferLimits', on: 0, args: [null] }],
    }));

  it('connecting a closed socket to something that is no address is EBADF', () =>
    passes('public', {
      kind: 'public',
      seed: 1130,
      calls: [
        { name: 'Socket#close', on: 0, args: [] },
        { name: 'EventLoop#sockConnect', on: 0, args: [{ object: 'Socket', index: 0 }, 0] },
      ],
    }));

  it('startTls says that its options are missing', () =>
    passes('public', {
      kind: 'public',
      seed: 302,
      calls: [{ name: 'EventLoop#startTls', on: 0, args: [{ object: 'Transport', index: 0 }, { bytes: 100 }] }],
    }));

  it('a WorkerPool says that its loop must be a loop', () =>
    passes('public', {
      kind: 'public',
      seed: 1,
      calls: [{ name: 'WorkerPool', on: 0, args: [{ record: { loop: { hostile: 'an object' } } }] }],
    }));
});
