/** Connected streams without a descriptor. */

import { readdirSync } from 'node:fs';

import { type BufferedProtocol, type Steps, createTask, getRunningLoop, run, runSync, waitFor } from 'selectloop';
import { type StreamPair, memoryPair, virtualLoop, waitAllTasksBlocked } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { inBothFlavours } from '../tasks/both-flavours.js';

const KIB = 1024;

/** Runs a program with both ends, and closes them. */
function withPair<T>(body: (left: StreamPair, right: StreamPair) => Steps<T>, limit?: number): T {
  const main = function* (): Steps<T> {
    const [left, right] = memoryPair(limit === undefined ? {} : { limit });
    try {
      return yield* body(left, right);
    } finally {
      left.writer.transport.abort();
      right.writer.transport.abort();
      yield* waitAllTasksBlocked();
    }
  };
  return runSync(main, { loopFactory: virtualLoop });
}

function* codeOf(operation: Iterable<unknown>): Steps<unknown> {
  try {
    yield* operation as Steps<unknown>;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

describe('memoryPair', () => {
  inBothFlavours(
    'carries bytes both ways, and EOF',
    {
      *generator() {
        const [client, server] = memoryPair();
        const serving = createTask(function* () {
          for (;;) {
            const line = yield* server.reader.readline();
            if (line.length === 0) break;
            server.writer.write(Buffer.from(line.toString().toUpperCase()));
            yield* server.writer.drain();
          }
          server.writer.close();
          yield* server.writer.waitClosed();
        });
        client.writer.writelines([Buffer.from('one\n'), Buffer.from('two\n')]);
        client.writer.writeEof();
        const answer = (yield* client.reader.read()).toString();
        client.writer.close();
        yield* client.writer.waitClosed();
        yield* serving;
        return answer;
      },
      async async() {
        const [client, server] = memoryPair();
        const serving = createTask(async () => {
          for await (const line of server.reader) {
            server.writer.write(Buffer.from(line.toString().toUpperCase()));
            await server.writer.drain();
          }
          server.writer.close();
          await server.writer.waitClosed();
        });
        client.writer.writelines([Buffer.from('one\n'), Buffer.from('two\n')]);
        client.writer.writeEof();
        const answer = (await client.reader.read()).toString();
        client.writer.close();
        await client.writer.waitClosed();
        await serving;
        return answer;
      },
    },
    function* (start) {
      const before = readdirSync('/proc/self/fd').length;
      expect(yield* start()).toBe('ONE\nTWO\n');
      expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    },
  );

  it('delivers a copy, in a later iteration', () => {
    const seen = withPair(function* (left, right) {
      const data = Buffer.from('before');
      left.writer.write(data);
      data.fill('x');
      const empty = String(right.reader);
      return [empty, String(yield* right.reader.read(100))];
    });
    expect(seen).toEqual(['<StreamReader>', 'before']);
  });

  it('holds back a writer whose peer does not read, and takes no time', () => {
    withPair(function* (left, right) {
      const draining = createTask(function* () {
        for (let i = 0; i < 300; i += 1) {
          left.writer.write(Buffer.alloc(KIB, i));
          yield* left.writer.drain();
        }
      });
      yield* waitAllTasksBlocked();
      expect(draining.done()).toBe(false);
      // 64 KiB in the pipe and one further write; twice the reader's limit, and one further chunk.
      expect(left.writer.transport.getWriteBufferSize()).toBe(65 * KIB);
      expect(yield* codeOf(waitFor(left.writer.drain(), 1000))).toBe('ETIMEDOUT');
      const all = yield* right.reader.readExactly(300 * KIB);
      yield* draining;
      expect([all.length, all[0], all[300 * KIB - 1]]).toEqual([300 * KIB, 0, 299 % 256]);
      expect(getRunningLoop().time()).toBe(1000);
    });
  });

  it('delivers bytes written before close(), and then EOF', () => {
    withPair(function* (left, right) {
      left.writer.write(Buffer.from('last words'));
      left.writer.close();
      left.writer.write(Buffer.from('too late'));
      yield* left.writer.waitClosed();
      expect(left.writer.isClosing()).toBe(true);
      expect(String(yield* right.reader.read())).toBe('last words');
      expect(right.reader.atEof()).toBe(true);
      expect(right.writer.isClosing()).toBe(false);
    });
  });

  it('reports EOF to a paused reader once it resumes', () => {
    withPair(function* (left, right) {
      left.writer.write(Buffer.alloc(100));
      yield* waitAllTasksBlocked();
      left.writer.close();
      yield* waitAllTasksBlocked();
      expect(right.reader.atEof()).toBe(false);
      expect((yield* right.reader.read()).length).toBe(100);
    }, 10);
  });

  it('fails a writer whose peer is gone with EPIPE', () => {
    withPair(function* (left, right) {
      left.writer.close();
      yield* left.writer.waitClosed();
      right.writer.write(Buffer.from('anybody?'));
      yield* waitAllTasksBlocked();
      expect(yield* codeOf(right.writer.waitClosed())).toBe('EPIPE');
      expect(yield* codeOf(right.reader.read(1))).toBe('EPIPE');
    });
  });

  it('drops undelivered bytes at abort()', () => {
    withPair(function* (left, right) {
      left.writer.write(Buffer.from('never'));
      left.writer.transport.abort();
      yield* left.writer.waitClosed();
      expect((yield* right.reader.read()).length).toBe(0);
    });
  });

  it('lets a writer close although its peer never read', () => {
    withPair(function* (left, right) {
      left.writer.write(Buffer.alloc(500 * KIB));
      right.writer.close();
      yield* right.writer.waitClosed();
      left.writer.close();
      yield* left.writer.waitClosed();
      expect(left.writer.transport.getWriteBufferSize()).toBe(0);
    });
  });

  it('rejects what a socket rejects', () => {
    withPair(function* ({ writer }) {
      expect(() => writer.write('text' as never)).toThrow(TypeError);
      for (const limits of [{ high: -1 }, { low: 2, high: 1 }, { high: NaN }]) {
        expect(() => writer.transport.setWriteBufferLimits(limits)).toThrow(RangeError);
      }
      expect(() => writer.transport.setWriteBufferLimits({ high: '1' as never })).toThrow(TypeError);
      writer.transport.setWriteBufferLimits({ low: 10 });
      expect(writer.transport.getWriteBufferLimits()).toEqual({ low: 10, high: 40 });
      expect([writer.canWriteEof(), writer.getExtraInfo('peername')]).toEqual([true, null]);
      writer.writeEof();
      expect(() => writer.write(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
      yield;
    });
    expect(() => memoryPair()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }));
  });

  it('serves a buffered protocol, and ends with a protocol that fails', async () => {
    await run(
      async () => {
        const errors = collectErrors(getRunningLoop());
        const [left, right] = memoryPair();
        const room = Buffer.alloc(3);
        const parts: string[] = [];
        const protocol: BufferedProtocol = {
          getBuffer: () => room,
          bufferUpdated: (n) => {
            parts.push(room.toString('utf8', 0, n));
            if (parts.length === 3) throw new Error('enough');
          },
        };
        right.writer.transport.setProtocol(protocol);
        left.writer.write(Buffer.from('abcdefgh'));
        await waitAllTasksBlocked();
        expect(parts).toEqual(['abc', 'def', 'gh']);
        expect(errors).toMatchObject([{ exception: { message: 'enough' } }]);
        expect((await left.reader.read()).length).toBe(0);
        left.writer.close();
        await left.writer.waitClosed();
      },
      { loopFactory: virtualLoop },
    );
  });
});
