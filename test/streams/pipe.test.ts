/** Copying a stream: `pipeTo`, and iterating over its chunks. */

import {
  InvalidStateError,
  OSError,
  type Steps,
  StreamReader,
  type Streams,
  type Task,
  createTask,
  getRunningLoop,
  openConnection,
  run,
  runSync,
} from 'selectloop';
import { memoryPair } from 'selectloop/testing';
import { describe, expect, it } from 'vitest';

import { cancelled, errorOf, everyLoop, turns } from '../support/every-loop.js';
import { Opened, patterned } from '../support/sockets.js';

/** The streams of both ends of a connection. */
function* streams(opened: Opened): Steps<[Streams, Streams]> {
  const [a, b] = opened.pair();
  return [yield* openConnection(null, null, { socket: a }), yield* openConnection(null, null, { socket: b })];
}

function close(...all: Streams[]): void {
  for (const { writer } of all) writer.close();
}

describe.each(everyLoop)('pipeTo, $name', ({ run: runOn }) => {
  it('copies everything in order, no faster than it is read, and half-closes the target', () =>
    runOn(function* () {
      using opened = new Opened();
      const [client, input] = yield* streams(opened);
      const [output, server] = yield* streams(opened);
      const data = patterned(2_000_000);
      const piping = createTask(() => input.reader.pipeTo(output.writer));
      const sending = createTask(function* () {
        client.writer.write(data);
        yield* client.writer.drain();
        client.writer.writeEof();
      });
      while (!output.writer.transport.getWriteBufferSize()) yield; // the kernel's buffers are full
      yield* turns(50);
      expect(sending.done()).toBe(false); // backpressure reaches the client
      expect(output.writer.transport.getWriteBufferSize()).toBeLessThan(200_000);
      expect((yield* server.reader.read()).equals(data)).toBe(true);
      expect(yield* piping).toBe(data.length);
      server.writer.write(Buffer.from('still open'));
      expect(String(yield* output.reader.read(100))).toBe('still open');
      close(client, input, output, server);
    }));

  it('notices that the connection of the target has ended, while it waits for bytes', () =>
    runOn(function* () {
      using opened = new Opened();
      const [client, input] = yield* streams(opened);
      const [output, server] = yield* streams(opened);
      const piping = createTask(() => input.reader.pipeTo(output.writer));
      yield* turns(3);
      output.writer.close();
      const error = yield* errorOf(piping);
      expect(error).toBeInstanceOf(OSError);
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      expect(input.writer.isClosing()).toBe(false);
      close(client, input, output, server);
    }));
});

describe('pipeTo', () => {
  it('throws the error of the source, and leaves both sides open', () =>
    runSync(function* () {
      const [output, server] = memoryPair();
      const reader = new StreamReader();
      reader.feedData(Buffer.from('part'));
      const piping = createTask(() => reader.pipeTo(output.writer));
      yield* turns(3);
      const failure = new Error('the source has failed');
      reader.setException(failure);
      expect(yield* errorOf(piping)).toBe(failure);
      expect(String(yield* server.reader.read(10))).toBe('part');
      expect(output.writer.isClosing()).toBe(false);
      close(output, server);
    }));

  it('throws the error of a target that was lost before it began', () =>
    runSync(function* () {
      const [output, server] = memoryPair();
      output.writer.transport.abort();
      yield* turns(3);
      const reader = new StreamReader();
      const error = yield* errorOf(createTask(() => reader.pipeTo(output.writer)));
      expect(error).toMatchObject({ code: 'ECONNRESET' });
      close(output, server);
    }));

  it('loses no byte when it is cancelled or aborted', () =>
    runSync(function* () {
      const [output, server] = memoryPair();
      const reader = new StreamReader();
      const controller = new AbortController();
      const reason = new Error('enough');
      let sent = 0;
      const feed = (): void => {
        reader.feedData(patterned(1000, sent));
        sent += 1;
      };
      const start = (): Task<number> =>
        createTask(() => reader.pipeTo(output.writer, { signal: controller.signal, end: false }));
      for (let turnsBefore = 0; turnsBefore < 4; turnsBefore += 1) {
        const piping = start();
        yield* turns(2);
        feed();
        yield* turns(turnsBefore);
        yield* cancelled(piping);
      }
      const piping = start();
      yield* turns(2);
      feed();
      controller.abort(reason);
      expect(yield* errorOf(piping)).toBe(reason);
      feed();
      expect(yield* errorOf(start())).toBe(reason);
      reader.feedEof();
      yield* reader.pipeTo(output.writer, { end: false });
      output.writer.close();
      const received = yield* server.reader.read();
      expect(received.equals(Buffer.concat(Array.from({ length: sent }, (_, i) => patterned(1000, i))))).toBe(true);
      server.writer.close();
    }));

  it('refuses a target that is no writer, and a second reader', () =>
    runSync(function* () {
      const [output, server] = memoryPair();
      const reader = new StreamReader();
      expect(() => reader.pipeTo(null as never)).toThrow(
        'StreamReader.pipeTo: writer: expected a StreamWriter, got null',
      );
      expect(() => reader.pipeTo(output.writer, { end: 1 as never })).toThrow(
        'StreamReader.pipeTo: end: expected a boolean',
      );
      const first = createTask(() => reader.read(1));
      yield* turns(2);
      expect(yield* errorOf(createTask(() => reader.pipeTo(output.writer)))).toBeInstanceOf(InvalidStateError);
      yield* cancelled(first);
      close(output, server);
    }));
});

describe('for await over chunks', () => {
  it('delivers what has arrived, until EOF or break', () =>
    run(async () => {
      const reader = new StreamReader();
      const chunks: string[] = [];
      const collect = async (most: number): Promise<void> => {
        for await (const chunk of reader.chunks({ size: 4 })) if (chunks.push(String(chunk)) === most) break;
      };
      reader.feedData(Buffer.from('abcdef'));
      await collect(1);
      getRunningLoop().callSoon(() => {
        reader.feedData(Buffer.from('gh'));
        reader.feedEof();
      });
      await collect(Infinity);
      expect(chunks.join('|')).toMatch(/^abcd\|ef(\|)?gh$/);
      expect(chunks.join('')).toBe('abcdefgh');
    }));

  it('ends with the reason of its signal', () =>
    run(async () => {
      const reader = new StreamReader();
      const next = async (): Promise<void> => {
        for await (const chunk of reader.chunks({ signal: AbortSignal.timeout(1) })) expect(chunk).toBeNull();
      };
      await expect(next()).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(() => reader.chunks({ size: 0 })).toThrow(/StreamReader.chunks: size: expected/);
    }));
});
