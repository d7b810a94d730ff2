/** Further descriptors of a child. */

import { createSubprocess, fd, pipe } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';

describe.each(everyLoop)('createSubprocess with extraFds ($name)', ({ run }) => {
  it('gives the child these descriptors as 3 and up, and no others', async () => {
    const { text, output, code } = await run(function* () {
      const { read, write } = pipe();
      const script = 'echo three >&3; echo four >&4; ls /proc/self/fd | wc -l';
      const child = yield* createSubprocess('sh', ['-c', script], { stdout: 'pipe', extraFds: [write, write] });
      fd.close(write);
      const { stdout } = yield* child.communicate();
      const text = fd.read(read, 100).toString();
      fd.close(read);
      return { text, output: String(stdout), code: child.returncode };
    });
    expect({ text, output, code }).toEqual({ text: 'three\nfour\n', output: '6\n', code: 0 });
  });
});

it('refuses what is no list of descriptors', () => {
  const misuse = (extraFds: unknown) => () => createSubprocess('true', [], { extraFds: extraFds as never });
  expect(misuse(3)).toThrow('createSubprocess: extraFds: expected an array of descriptors and Sockets, got 3');
  expect(misuse(['3'])).toThrow('createSubprocess: extraFds[0]: expected a descriptor or a Socket, got "3"');
  expect(misuse(Array(1001).fill(0))).toThrow(
    'createSubprocess: extraFds: expected at most 1000 descriptors, got 1001',
  );
  expect(() => createSubprocess('true', [], { parentDeathSignal: 'SIGNOT' as never })).toThrow('signal: expected');
});
