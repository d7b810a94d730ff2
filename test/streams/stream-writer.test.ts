/** Writing: the calls of the transport, and the waits of `drain` and `waitClosed`. */

import {
  type Coroutine,
  type Steps,
  StreamReaderProtocol,
  StreamWriter,
  type Task,
  createTask,
  run,
  runSync,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import {
  type Bodies,
  cancelledWith,
  expectQuiet,
  inBothFlavours,
  outcomeOf,
  runCase,
  turns,
  variants,
} from '../tasks/both-flavours.js';
import { countInAsync, countInGenerator } from '../tasks/counting-turns.js';
import { ManualTransport, manualStreams } from './manual-transport.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const broken = new Error('broken');

const awaitOne: Bodies<void, [() => Coroutine<void>]> = {
  *generator(_, operation) {
    yield* operation();
  },
  async async(_, operation) {
    await operation();
  },
};

describe('StreamWriter', () => {
  it('passes all calls to its transport', () => {
    runSync(function* () {
      const { writer, transport } = manualStreams();
      expect(writer.transport).toBe(transport);
      writer.write(bytes('one'));
      writer.writelines([bytes('two'), bytes('three')]);
      expect(transport.written).toEqual(['one', 'two', 'three']);
      expect(writer.canWriteEof()).toBe(true);
      writer.writeEof();
      expect(transport.calls).toEqual(['writeEof']);
      expect(writer.getExtraInfo('color')).toBe('blue');
      expect(writer.getExtraInfo('peername')).toBeNull();
      expect(writer.getExtraInfo('age', 7)).toBe(7);
      expect(writer.isClosing()).toBe(false);
      writer.close();
      expect(writer.isClosing()).toBe(true);
    });
  });

  it('toString describes it', () => {
    runSync(function* () {
      const { writer, transport, protocol } = manualStreams();
      expect(String(writer)).toBe('<StreamWriter transport=<ManualTransport> reader=<StreamReader limit=10>>');
      expect(String(new StreamWriter(transport, protocol, null))).toBe('<StreamWriter transport=<ManualTransport>>');
    });
  });

  it('works without a reader, for a transport that only writes', () => {
    runSync(function* () {
      const protocol = new StreamReaderProtocol(null);
      const transport = new ManualTransport(protocol);
      protocol.connectionMade(transport);
      const writer = new StreamWriter(transport, protocol, null);
      writer.write(bytes('data'));
      yield* writer.drain();
      protocol.dataReceived(bytes('nobody reads this'));
      expect(protocol.eofReceived()).toBe(true);
      transport.lose(broken);
      yield* turns();
      expect(yield* outcomeOf(createTask(writer.waitClosed()))).toEqual({ error: broken });
    });
  });

  describe('drain', () => {
    it('does not yield to the loop while the transport is not paused', async () => {
      const drain = (): Coroutine<void> => manualStreams().writer.drain();
      expect(runSync(() => countInGenerator(drain))).toBe(0);
      expect(await run(() => countInAsync(drain))).toBe(0);
    });

    it('yields to the loop if the transport is closing', () => {
      const turnsTaken = runSync(() =>
        countInGenerator(() => {
          const { writer, transport } = manualStreams();
          transport.closing = true; // and stays in this state
          return writer.drain();
        }),
      );
      expect(turnsTaken).toBe(1);
    });

    it('yields to the loop now and then, however much the transport accepts', () => {
      runSync(function* () {
        const { writer } = manualStreams();
        let others = 0;
        createTask(function* () {
          for (;;) {
            others += 1;
            yield;
          }
        });
        for (let i = 0; i < 1000; i += 1) yield* writer.drain();
        expect(others).toBeGreaterThanOrEqual(3);
      });
    });

    inBothFlavours('waits while the transport is paused', awaitOne, function* (start, { loop }) {
      const { writer, protocol } = manualStreams();
      protocol.pauseWriting();
      const task = start(() => writer.drain());
      yield* turns(5);
      expect(task.done()).toBe(false);
      protocol.resumeWriting();
      yield* task;
      protocol.pauseWriting(); // and again
      const again = start(() => writer.drain());
      yield* turns(5);
      expect(again.done()).toBe(false);
      protocol.resumeWriting();
      yield* again;
      expectQuiet(loop);
    });

    inBothFlavours('ten pending drains all resume', awaitOne, function* (start, { loop }) {
      const { writer, protocol } = manualStreams();
      protocol.pauseWriting();
      const tasks = Array.from({ length: 10 }, () => start(() => writer.drain()));
      yield* turns();
      tasks[3]!.cancel();
      yield* turns();
      protocol.resumeWriting();
      for (const [i, task] of tasks.entries()) {
        expect(yield* outcomeOf(task)).toEqual(i === 3 ? cancelledWith() : { value: undefined });
      }
      expectQuiet(loop);
    });

    inBothFlavours('fails with the error that ended the connection', awaitOne, function* (start) {
      const { writer, transport, protocol } = manualStreams();
      protocol.pauseWriting();
      const task = start(() => writer.drain());
      yield* turns();
      transport.lose(broken);
      expect(yield* outcomeOf(task)).toEqual({ error: broken });
      expect(yield* outcomeOf(start(() => writer.drain()))).toEqual({ error: broken });
    });

    inBothFlavours('returns when the connection is closed meanwhile', awaitOne, function* (start) {
      const { writer, transport, protocol } = manualStreams();
      protocol.pauseWriting();
      const task = start(() => writer.drain());
      yield* turns();
      transport.lose(null);
      expect(yield* outcomeOf(task)).toEqual({ value: undefined });
    });

    inBothFlavours('fails with ECONNRESET after close', awaitOne, function* (start) {
      const { writer } = manualStreams();
      writer.close();
      writer.write(bytes('late'));
      const error = (yield* outcomeOf(start(() => writer.drain()))) as { error: Error };
      expect(error).toMatchObject({ error: { name: 'OSError', code: 'ECONNRESET', message: 'Connection lost' } });
      expect(error.error.stack).toMatch(/^OSError: Connection lost\n {4}at /);
    });

    it('fails with the error that was set for the reader', () => {
      runSync(function* () {
        const { reader, writer } = manualStreams();
        reader.setException(broken);
        expect(yield* outcomeOf(createTask(writer.drain()))).toEqual({ error: broken });
      });
    });
  });

  describe('waitClosed', () => {
    inBothFlavours('waits until the connection is lost', awaitOne, function* (start, { loop }) {
      const { reader, writer } = manualStreams();
      const tasks = [start(() => writer.waitClosed()), start(() => writer.waitClosed())];
      yield* turns(5);
      expect(tasks.map((task) => task.done())).toEqual([false, false]);
      writer.close();
      writer.close();
      for (const task of tasks) yield* task;
      yield* writer.waitClosed(); // returns immediately from now on
      expect(reader.atEof()).toBe(true);
      expectQuiet(loop);
    });

    inBothFlavours('cancelling one leaves all other tasks waiting', awaitOne, function* (start) {
      const { writer } = manualStreams();
      const [one, other] = [start(() => writer.waitClosed()), start(() => writer.waitClosed())];
      yield* turns();
      one.cancel();
      expect(yield* outcomeOf(one)).toEqual(cancelledWith());
      expect(other.done()).toBe(false);
      writer.close();
      yield* other;
      yield* start(() => writer.waitClosed());
    });

    inBothFlavours('throws the error that ended the connection, in every waiting task', awaitOne, function* (start) {
      const { reader, writer, transport } = manualStreams();
      const task = start(() => writer.waitClosed());
      yield* turns();
      transport.lose(broken);
      expect(yield* outcomeOf(task)).toEqual({ error: broken });
      expect(yield* outcomeOf(start(() => writer.waitClosed()))).toEqual({ error: broken });
      expect(reader.exception()).toBe(broken);
    });

    it.each(['read', 'drain', 'waitClosed', null] as const)(
      '`await using` throws the error that broke the connection, unless an operation has already: %s',
      async (operation) => {
        await run(async () => {
          const { reader, writer, transport } = manualStreams();
          const broken = new Error('broken');
          const seen: unknown[] = [];
          const block = async (): Promise<void> => {
            await using _writer = writer;
            transport.lose(broken);
            if (operation === null) return;
            await (operation === 'read' ? reader.read() : writer[operation]()).catch((error: unknown) =>
              seen.push(error),
            );
          };
          const outcome = await block().then(
            () => null,
            (error: unknown) => error,
          );
          expect([...seen, outcome]).toEqual(operation === null ? [broken] : [broken, null]);
        });
      },
    );

    it('`await using` closes the writer and waits until it is closed', async () => {
      await run(async () => {
        const { writer, transport } = manualStreams();
        let lost = false;
        const { protocol } = transport;
        const original = protocol.connectionLost!.bind(protocol);
        protocol.connectionLost = (error) => {
          lost = true;
          original(error);
        };
        {
          await using _writer = writer;
          expect(writer.isClosing()).toBe(false);
        }
        expect(writer.isClosing()).toBe(true);
        expect(lost).toBe(true);
      });
    });
  });
});

/** Cancels a drain after `step` iterations; the transport is paused for eight. Returns true if the drain had ended first. */
function* cancelDrainAt(step: number, start: (operation: () => Coroutine<void>) => Task<void>): Steps<boolean> {
  const { writer, protocol } = manualStreams();
  protocol.pauseWriting();
  const task = start(() => writer.drain());
  const other = createTask(writer.drain());
  const resuming = createTask(function* () {
    yield* turns(8);
    protocol.resumeWriting();
  });
  yield* turns(step);
  const tooLate = task.done();
  task.cancel();
  yield* outcomeOf(task);
  expect(task.cancelled()).toBe(!tooLate);
  yield* resuming;
  yield* other;
  yield* writer.drain();
  return tooLate;
}

it.each(variants)('drain cancelled at every step leaves nothing behind: %s', async (variant) => {
  await runCase(variant, awaitOne, function* (start, { loop }) {
    let step = 0;
    for (; !(yield* cancelDrainAt(step, start)); step += 1) expectQuiet(loop);
    expect(step).toBeGreaterThan(8);
  });
});
