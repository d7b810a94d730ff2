/** Streams over real connections, on every loop: traffic, EOF, resets, handlers that fail. */

import { createTask, gather, getRunningLoop, openConnection, sleep, type Steps } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { everyLoop, hostedLoops, turns, waiting } from '../support/every-loop.js';
import { collectErrors } from '../support/loops.js';
import { patterned, resetOnClose } from '../support/sockets.js';
import { outcomeOf } from '../tasks/both-flavours.js';
import { ask, closeAll, connect, serve, shout, shoutAsync } from './serving.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe.each(everyLoop)('streams ($name)', (kind) => {
  it('lines go back and forth', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(shout);
      const { reader, writer } = yield* connect(serving);
      expect(yield* ask(reader, writer)).toBe('FIRST\nSECOND\nTHIRD');
      expect(reader.atEof()).toBe(true);
      expect(writer.getExtraInfo('peername')).toMatchObject({ port: serving.port });
      expect(writer.getExtraInfo('sockname')).toEqual(writer.getExtraInfo('socket')!.getsockname());
      yield* closeAll(serving, writer);
      expect(waiting()).toEqual({ readers: 0, writers: 0 });
      expect(errors).toEqual([]);
    }));

  it('a hundred connections work at the same time', () =>
    kind.run(function* () {
      const serving = yield* serve(shout);
      const answers = yield* gather(
        Array.from({ length: 100 }, function* (): Steps<string> {
          const { reader, writer } = yield* connect(serving);
          const answer = yield* ask(reader, writer);
          writer.close();
          yield* writer.waitClosed();
          return answer;
        }),
      );
      expect(new Set(answers)).toEqual(new Set(['FIRST\nSECOND\nTHIRD']));
      yield* closeAll(serving);
    }));

  it('sixteen megabytes arrive in both directions at any pace', () =>
    kind.run(function* () {
      const data = patterned(16 << 20);
      let mostKept = 0;
      const serving = yield* serve(
        function* (reader, writer) {
          for (let n = 1; !reader.atEof(); n = (n * 7) % 65_521) {
            writer.write(yield* reader.read(n));
            mostKept = Math.max(mostKept, writer.transport.getWriteBufferSize());
            yield* writer.drain();
          }
          writer.close();
        },
        { limit: 5000 },
      );
      const { reader, writer } = yield* connect(serving);
      createTask(function* () {
        for (let at = 0; at < data.length; at += 100_000) {
          writer.write(data.subarray(at, at + 100_000));
          yield* writer.drain();
        }
        writer.writeEof();
      });
      yield* sleep(20);
      expect((yield* reader.read()).equals(data)).toBe(true);
      expect(mostKept).toBeLessThan(300_000); // the watermark plus one write
      yield* closeAll(serving, writer);
    }));

  it('closing with unread data completes, and the reader is at EOF', () =>
    kind.run(function* () {
      const serving = yield* serve(function* (_, writer) {
        writer.write(bytes('nobody reads this'));
      });
      const { reader, writer } = yield* connect(serving);
      yield* sleep(5);
      writer.close();
      yield* writer.waitClosed();
      yield* reader.read();
      expect(reader.atEof()).toBe(true);
      expect((yield* reader.read(10)).length).toBe(0);
      yield* closeAll(serving);
    }));

  it('closing a connection ends its own pending read', () =>
    kind.run(function* () {
      const serving = yield* serve(() => undefined);
      const { reader, writer } = yield* connect(serving);
      const reading = createTask(reader.readExactly(10));
      yield* turns(2);
      writer.close();
      expect(yield* outcomeOf(reading)).toMatchObject({ error: { name: 'IncompleteReadError', expected: 10 } });
      yield* closeAll(serving);
    }));

  it('after a reset by the peer, reads, drain and waitClosed throw ECONNRESET', () =>
    kind.run(function* () {
      const outcomes: unknown[] = [];
      const serving = yield* serve(function* (reader, writer) {
        for (const operation of [reader.readline(), reader.read(1), writer.drain(), writer.waitClosed()]) {
          outcomes.push(yield* outcomeOf(createTask<unknown>(operation)));
        }
      });
      const { writer } = yield* connect(serving);
      yield* turns(5);
      resetOnClose(writer.getExtraInfo('socket')!);
      writer.close();
      while (outcomes.length < 4) yield* sleep(1);
      yield* closeAll(serving, writer);
      expect(outcomes).toEqual(Array(4).fill({ error: expect.objectContaining({ code: 'ECONNRESET' }) as unknown }));
    }));

  it('a write after close is dropped, and drain throws', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(shout);
      const { writer } = yield* connect(serving);
      writer.close();
      writer.write(bytes('late'));
      expect(yield* outcomeOf(createTask(writer.drain()))).toMatchObject({ error: { code: 'ECONNRESET' } });
      expect(errors).toEqual([]);
      yield* closeAll(serving, writer);
    }));

  it('a handler that throws is reported, and its connection is closed', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const broken = new Error('broken');
      const serving = yield* serve(function* (reader) {
        yield* reader.readline();
        throw broken;
      });
      const { reader, writer } = yield* connect(serving);
      writer.write(bytes('\n'));
      expect((yield* reader.read()).length).toBe(0);
      expect(errors).toEqual([
        {
          message: 'Unhandled exception in connection handler',
          exception: broken,
          transport: expect.anything() as unknown,
        },
      ]);
      yield* closeAll(serving, writer);
    }));

  it('a cancelled handler is not reported, and its connection is closed', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(function* (reader) {
        const inner = createTask(reader.readline());
        yield* turns(2);
        inner.cancel();
        yield* inner;
      });
      const { reader, writer } = yield* connect(serving);
      expect((yield* reader.read()).length).toBe(0);
      expect(errors).toEqual([]);
      yield* closeAll(serving, writer);
    }));

  it('a handler that never returns does not keep the server from closing, and is cancelled at the end of the run', async () => {
    const ends: unknown[] = [];
    const loop = kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const serving = yield* serve(function* () {
        try {
          yield* sleep(1e9);
        } catch (error) {
          ends.push((error as Error).name);
          throw error;
        }
      });
      const { writer } = yield* connect(serving);
      yield* closeAll(serving, writer);
      expect(ends).toEqual([]);
      return errors;
    });
    expect(await loop).toEqual([]);
    expect(ends).toEqual(['CancelledError']);
  });

  it('a run that ends while connections are open reports nothing', async () => {
    const errors = await kind.run(function* () {
      const collected = collectErrors(getRunningLoop());
      const serving = yield* serve(shout);
      const { writer } = yield* connect(serving);
      yield* turns(5);
      writer.close();
      return collected;
    });
    expect(errors).toEqual([]);
  });
});

describe.each(hostedLoops)('streams of async functions ($name)', (kind) => {
  it('lines go back and forth', () =>
    kind.run(function* () {
      const serving = yield* serve(shoutAsync);
      const answer = yield* createTask(async () => {
        const { reader, writer } = await openConnection('127.0.0.1', serving.port);
        await using _writer = writer;
        writer.write(bytes('first\nsecond'));
        writer.writeEof();
        let all = '';
        for await (const line of reader) all += line.toString();
        return all;
      });
      expect(answer).toBe('FIRST\nSECOND');
      yield* closeAll(serving);
    }));

  it('a handler that throws is reported, and a cancelled one is not', () =>
    kind.run(function* () {
      const errors = collectErrors(getRunningLoop());
      const broken = new Error('broken');
      const serving = yield* serve(async (reader) => {
        const line = (await reader.readline()).toString();
        if (line === 'throw\n') throw broken;
        const waits = createTask(() => sleep(1e9));
        waits.cancel();
        await waits;
      });
      for (const line of ['throw\n', 'cancel\n']) {
        const { reader, writer } = yield* connect(serving);
        writer.write(bytes(line));
        expect((yield* reader.read()).length).toBe(0);
        writer.close();
        yield* writer.waitClosed();
      }
      expect(errors).toMatchObject([{ message: 'Unhandled exception in connection handler', exception: broken }]);
      yield* closeAll(serving);
    }));
});
