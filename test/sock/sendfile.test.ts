/** sockSendFile: sending files and pipes over sockets. */

import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { type OpenFile, type Steps, createTask, run, sockRecv, sockSendFile } from 'selectloop';
import { type Socket, fd, pipe } from 'selectloop/sockets';

import {
  cancelled,
  errorOf,
  expectQuiet,
  everyLoop,
  hostedLoops,
  iterations,
  turns,
  waiting,
} from '../support/every-loop.js';
import { Opened, patterned } from '../support/sockets.js';

const folder = mkdtempSync(join(tmpdir(), 'selectloop-sendfile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const content = patterned(3_000_000);
const path = join(folder, 'content');
writeFileSync(path, content);
const emptyPath = join(folder, 'empty');
writeFileSync(emptyPath, '');

/** Opens a file for the duration of a `using` block. */
function opened(name: string): { fd: number } & Disposable {
  const file = openSync(name, 'r');
  return { fd: file, [Symbol.dispose]: () => closeSync(file) };
}

/** Sends on one end while receiving on the other; returns the received bytes and the operation's result. */
function* transfer(
  [a, b]: [Socket, Socket],
  file: OpenFile,
  options: { offset?: number; count?: number } = {},
): Steps<{ received: Buffer; sent: number }> {
  const sending = createTask(function* () {
    const sent = yield* sockSendFile(a, file, options);
    a.shutdown('write');
    return sent;
  });
  const chunks: Buffer[] = [];
  for (let chunk = yield* sockRecv(b, 1 << 18); chunk.length > 0; chunk = yield* sockRecv(b, 1 << 18)) {
    chunks.push(chunk);
  }
  return { received: Buffer.concat(chunks), sent: yield* sending };
}

describe.each(everyLoop)('sockSendFile ($name)', ({ run: runHere }) => {
  it("sends a file larger than the socket's buffers, and does not move the file position", () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(path);
      const { received, sent } = yield* transfer(sockets.tcpPair(), file.fd);
      expect(sent).toBe(content.length);
      expect(received.equals(content)).toBe(true);
      const first = Buffer.alloc(4);
      readSync(file.fd, first, 0, 4, null);
      expect(first.equals(content.subarray(0, 4))).toBe(true);
    }));

  it.each([
    [{ offset: 1_000_000 }, 1_000_000, 3_000_000],
    [{ count: 5 }, 0, 5],
    [{ offset: 100, count: 1_500_000 }, 100, 1_500_100],
    [{ offset: 2_999_990, count: 1000 }, 2_999_990, 3_000_000],
    [{ offset: 4_000_000 }, 0, 0],
    [{ count: 0 }, 0, 0],
  ])('sends the part %j', (options, from, to) =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(path);
      const { received, sent } = yield* transfer(sockets.pair(), file, options);
      expect(sent).toBe(to - from);
      expect(received.equals(content.subarray(from, to))).toBe(true);
    }),
  );

  it('sends nothing for an empty file', () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(emptyPath);
      expect(yield* transfer(sockets.pair(), file)).toEqual({ received: Buffer.alloc(0), sent: 0 });
    }));

  it('sends a file that the kernel’s sendfile cannot read', () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened('/proc/self/limits');
      const text = readFileSync('/proc/self/limits');
      const { received, sent } = yield* transfer(sockets.pair(), file, { offset: 4 });
      expect(received.toString()).toBe(text.subarray(4).toString());
      expect(sent).toBe(text.length - 4);
    }));

  it('sends a pipe as its bytes arrive, to its end, without blocking the loop', () =>
    runHere(function* () {
      using sockets = new Opened();
      const [a, b] = sockets.pair();
      const ends = pipe();
      const sending = createTask(() => sockSendFile(a, ends.read));
      yield* turns(3); // the pipe is empty, and in blocking mode
      expect(waiting().readers).toBe(1);
      fd.write(ends.write, Buffer.from('first'));
      expect((yield* sockRecv(b, 100)).toString()).toBe('first');
      yield* expectQuiet();
      fd.write(ends.write, Buffer.from('second'));
      fd.close(ends.write);
      expect((yield* sockRecv(b, 100)).toString()).toBe('second');
      expect(yield* sending).toBe(11);
      fd.close(ends.read);
    }));

  it('sends at most `count` bytes of a pipe, and rejects an offset', () =>
    runHere(function* () {
      using sockets = new Opened();
      const [a, b] = sockets.pair();
      const ends = pipe();
      fd.write(ends.write, Buffer.from('0123456789'));
      expect(yield* sockSendFile(a, ends.read, { count: 4 })).toBe(4);
      expect((yield* sockRecv(b, 100)).toString()).toBe('0123');
      expect(fd.read(ends.read, 100).toString()).toBe('456789');
      const error = yield* errorOf(createTask(() => sockSendFile(a, ends.read, { offset: 1 })));
      expect(error).toMatchObject({ code: 'ESPIPE', syscall: 'sendfile' });
      fd.close(ends.read);
      fd.close(ends.write);
    }));

  it('fails with EPIPE or ECONNRESET, without SIGPIPE, when the peer closes midway', () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(path);
      const [a, b] = sockets.narrowPair();
      const sending = createTask(() => sockSendFile(a, file.fd));
      yield* turns(3);
      expect(waiting().writers).toBe(1);
      b.close();
      const error = yield* errorOf(sending);
      expect(error).toMatchObject({ name: 'OSError', syscall: 'sendfile' });
      expect(['EPIPE', 'ECONNRESET']).toContain((error as { code: string }).code);
      expect(waiting().writers).toBe(0);
    }));

  it('leaves no writer when it is cancelled midway, and fails with EBADF when the socket is closed midway', () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(path);
      const [a] = sockets.narrowPair();
      const first = createTask(() => sockSendFile(a, file.fd));
      yield* turns(3);
      expect(waiting().writers).toBe(1);
      yield* cancelled(first);
      expect(waiting().writers).toBe(0);
      const second = createTask(() => sockSendFile(a, file.fd));
      yield* turns(3);
      a.close();
      expect(yield* errorOf(second)).toMatchObject({ code: 'EBADF', syscall: 'sendfile' });
    }));

  it('yields to the loop while a fast receiver takes everything', () =>
    runHere(function* () {
      using sockets = new Opened();
      using file = opened(path);
      const [a, b] = sockets.tcpPair();
      const seen = new Set<number>();
      const receiving = createTask(function* () {
        for (let left = content.length; left > 0;) {
          seen.add(iterations());
          left -= (yield* sockRecv(b, 1 << 18)).length;
        }
      });
      const before = iterations();
      expect(yield* sockSendFile(a, file.fd)).toBe(content.length);
      yield* receiving;
      expect(iterations() - before).toBeGreaterThanOrEqual(2);
      expect(seen.size).toBeGreaterThan(1);
    }));

  it('rejects bad files, offsets and counts with typed errors', () =>
    runHere(function* () {
      using sockets = new Opened();
      using directory = opened(folder);
      const [a] = sockets.pair();
      const typeError = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
      const rangeError = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
      for (const bad of ['file', null, undefined, {}, 1.5, { fd: 'x' }] as never[]) {
        expect(() => sockSendFile(a, bad)).toThrow(expect.objectContaining(typeError));
      }
      for (const options of [{ offset: '0' }, { count: null }] as never[]) {
        expect(() => sockSendFile(a, 0, options)).toThrow(expect.objectContaining(typeError));
      }
      for (const options of [{ offset: -1 }, { count: 1.5 }, { offset: NaN }, { count: 2 ** 53 }]) {
        expect(() => sockSendFile(a, 0, options)).toThrow(expect.objectContaining(rangeError));
      }
      for (const closed of [-1, 19_999]) {
        expect(yield* errorOf(createTask(() => sockSendFile(a, closed)))).toMatchObject({ code: 'EBADF' });
      }
      expect(yield* errorOf(createTask(() => sockSendFile(a, directory)))).toMatchObject({ code: 'EISDIR' });
    }));
});

describe.each(hostedLoops)('sockSendFile of a FileHandle ($name)', ({ selector }) => {
  it('sends the file, and leaves it open', () =>
    run(
      async () => {
        using sockets = new Opened();
        const [a, b] = sockets.pair();
        const file = await open(path);
        try {
          const receiving = createTask(async () => {
            let length = 0;
            while (length < content.length) length += (await sockRecv(b, 1 << 18)).length;
            return length;
          });
          expect(await sockSendFile(a, file)).toBe(content.length);
          expect(await receiving).toBe(content.length);
          expect((await file.stat()).size).toBe(content.length);
        } finally {
          await file.close();
        }
        await expect(Promise.resolve(sockSendFile(a, file))).rejects.toMatchObject({ code: 'EBADF' });
      },
      { selector },
    ));
});
