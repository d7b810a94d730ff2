/** Socket.sendFile: sending files and pipes over blocking sockets. */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { type Socket, fd, pipe, socketpair } from '../../lib/sockets/index.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-sendfile-'));
const name = join(folder, 'content');
const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
writeFileSync(name, content);
const file = openSync(name, 'r');
afterAll(() => {
  closeSync(file);
  rmSync(folder, { recursive: true });
});

function pairOf(): { a: Socket; b: Socket } & Disposable {
  const [a, b] = socketpair();
  return {
    a,
    b,
    [Symbol.dispose]() {
      a.close();
      b.close();
    },
  };
}

/** Reads until EOF. */
function readAll(socket: Socket): Buffer {
  const parts: Buffer[] = [];
  for (let part = socket.recv(65_536); part.length > 0; part = socket.recv(65_536)) parts.push(part);
  return Buffer.concat(parts);
}

describe('sendFile', () => {
  it.each([
    ['the whole file', {}, 0, 50_000],
    ['from an offset', { offset: 49_990 }, 49_990, 50_000],
    ['a part', { offset: 10, count: 20 }, 10, 30],
    ['as much as there is', { offset: 49_999, count: 20 }, 49_999, 50_000],
    ['nothing', { count: 0 }, 0, 0],
    ['nothing beyond the end', { offset: 60_000 }, 0, 0],
  ])('sends %s, and leaves the position of the file', (_, options, from, to) => {
    using pair = pairOf();
    expect(pair.a.sendFile({ fd: file }, options)).toBe(to - from);
    pair.a.close();
    expect(readAll(pair.b).equals(content.subarray(from, to))).toBe(true);
    expect(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8')).toMatch(/^pos:\s+0$/m);
  });

  it('sends a file that sendfile(2) does not support', () => {
    using pair = pairOf();
    const maps = openSync('/proc/self/cmdline', 'r');
    const expected = readFileSync('/proc/self/cmdline');
    expect(pair.a.sendFile(maps)).toBe(expected.length);
    expect(pair.a.sendFile(maps, { offset: 1, count: 3 })).toBe(3);
    closeSync(maps);
    pair.a.close();
    expect(readAll(pair.b)).toEqual(Buffer.concat([expected, expected.subarray(1, 4)]));
  });

  it('sends a pipe until its EOF or the count, blocking or not', () => {
    for (const blocking of [true, false]) {
      using pair = pairOf();
      const ends = pipe();
      fd.setBlocking(ends.read, blocking);
      fd.write(ends.write, Buffer.from('abcdef'));
      expect(pair.a.sendFile(ends.read, { count: 4 })).toBe(4);
      fd.close(ends.write);
      expect(pair.a.sendFile(ends.read)).toBe(2);
      expect(() => pair.a.sendFile(ends.read, { offset: 1 })).toThrow(
        expect.objectContaining({ code: 'ESPIPE', syscall: 'sendfile' }),
      );
      fd.close(ends.read);
      expect(pair.b.recv(10).toString()).toBe('abcdef');
    }
  });

  it('times out if the peer does not read, or if the pipe stays empty', () => {
    using pair = pairOf();
    const large = join(folder, 'large');
    writeFileSync(large, Buffer.alloc(4_000_000));
    const open = openSync(large, 'r');
    const ends = pipe();
    pair.a.setTimeout(20);
    const timeout: unknown = expect.objectContaining({
      name: 'TimeoutError',
      message: 'sendfile timed out after 20 ms',
    });
    expect(() => pair.a.sendFile(ends.read)).toThrow(timeout);
    expect(() => pair.a.sendFile(open)).toThrow(timeout);
    closeSync(open);
    fd.close(ends.read);
    fd.close(ends.write);
  });

  it('is for blocking sockets', () => {
    using pair = pairOf();
    pair.a.setBlocking(false);
    expect(() => pair.a.sendFile(file)).toThrow(
      expect.objectContaining({
        name: 'InvalidStateError',
        message: expect.stringContaining('sockSendFile') as string,
      }),
    );
  });

  it('reports a peer that is gone, and a file that is closed', () => {
    using pair = pairOf();
    pair.b.close();
    expect(() => pair.a.sendFile(file)).toThrow(expect.objectContaining({ code: 'EPIPE', syscall: 'sendfile' }));
    const closed = openSync(name, 'r');
    closeSync(closed);
    expect(() => pair.a.sendFile(closed)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'sendfile' }));
  });
});
