import { describe, expect, it } from 'vitest';

import { fd, pipe } from '../../lib/sockets/index.js';

describe('a pipe', () => {
  it('carries bytes from its write end to its read end, then EOF', () => {
    const { read, write } = pipe();
    expect(fd.write(write, Buffer.from('hello'))).toBe(5);
    expect(fd.read(read, 2).toString()).toBe('he');
    expect(fd.read(read, 100).toString()).toBe('llo');
    fd.close(write);
    expect(fd.read(read, 100)).toHaveLength(0);
    fd.close(read);
  });

  it('without a reader fails with EPIPE', () => {
    const { read, write } = pipe();
    fd.close(read);
    expect(() => fd.write(write, Buffer.from('x'))).toThrow(
      expect.objectContaining({ name: 'OSError', code: 'EPIPE', syscall: 'write' }),
    );
    fd.close(write);
  });

  it('that is non-blocking throws EAGAIN instead of waiting', () => {
    const { read, write } = pipe();
    fd.setBlocking(read, false);
    fd.setBlocking(write, false);
    expect(() => fd.read(read, 1)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'read' }));
    expect(() => {
      for (;;) fd.write(write, Buffer.alloc(65_536));
    }).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'write' }));
    fd.setBlocking(read, true);
    expect(fd.read(read, 2 ** 31 - 1).length).toBeGreaterThan(1000);
    fd.close(read);
    fd.close(write);
  });

  it('that is closed fails with EBADF', () => {
    const { read, write } = pipe();
    fd.close(read);
    fd.close(write);
    const uses: Array<[string, () => unknown]> = [
      ['read', () => fd.read(read, 1)],
      ['write', () => fd.write(write, Buffer.from('x'))],
      ['close', () => fd.close(read)],
      ['fcntl', () => fd.setBlocking(read, true)],
    ];
    for (const [syscall, use] of uses) expect(use).toThrow(expect.objectContaining({ code: 'EBADF', syscall }));
  });
});
