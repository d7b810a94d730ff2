/** Reads that have to wait for bytes, in both flavours: completed, refused and cancelled. */

import {
  type Coroutine,
  type Steps,
  StreamReader,
  createTask,
  gather,
  isCancelled,
  run,
  runSync,
  sleep,
  waitFor,
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
import { type Operation, countInAsync, countInGenerator } from '../tasks/counting-turns.js';

const bytes = (text: string): Buffer => Buffer.from(text);

type Read = (reader: StreamReader) => Coroutine<Buffer>;

/** Reads once, and returns the bytes as text. */
const readOnce: Bodies<string, [StreamReader, Read]> = {
  *generator(_, reader, read) {
    return (yield* read(reader)).toString();
  },
  async async(_, reader, read) {
    return (await read(reader)).toString();
  },
};

describe('a read waits until it has enough bytes', () => {
  const cases: ReadonlyArray<readonly [string, Read, string[], string]> = [
    ['read(n) waits for a byte', (reader) => reader.read(100), ['a', 'b'], 'a'],
    ['read() waits for EOF', (reader) => reader.read(), ['a', 'b', 'c'], 'abc'],
    ['readline waits for a newline', (reader) => reader.readline(), ['lin', 'e1\nli', 'ne2'], 'line1\n'],
    ['readline also ends at EOF', (reader) => reader.readline(), ['lin', 'e1'], 'line1'],
    ['readUntil waits for a separator', (reader) => reader.readUntil(bytes('\r\n')), ['a\r', '\nb'], 'a\r\n'],
    ['readExactly waits for as many bytes', (reader) => reader.readExactly(4), ['12', '3', '45'], '1234'],
  ];
  for (const [name, read, chunks, expected] of cases) {
    inBothFlavours(name, readOnce, function* (start, { loop }) {
      const reader = new StreamReader();
      const task = start(reader, read);
      for (const chunk of chunks) {
        yield* turns();
        reader.feedData(bytes(chunk));
      }
      yield* turns();
      reader.feedEof();
      expect(yield* task).toBe(expected);
      expect((yield* reader.read()).toString()).toBe(chunks.join('').slice(expected.length));
      expectQuiet(loop);
    });
  }

  inBothFlavours('EOF wakes a waiting read', readOnce, function* (start) {
    const reader = new StreamReader();
    const task = start(reader, (r) => r.read(10));
    yield* turns();
    reader.feedEof();
    expect(yield* task).toBe('');
  });

  inBothFlavours('setException fails a waiting read', readOnce, function* (start) {
    const reader = new StreamReader();
    const task = start(reader, (r) => r.readline());
    yield* turns();
    const error = new Error('broken');
    reader.setException(error);
    expect(yield* outcomeOf(task)).toEqual({ error });
  });

  inBothFlavours('setException does not affect a read that was cancelled before', readOnce, function* (start) {
    const reader = new StreamReader();
    const task = start(reader, (r) => r.readline());
    yield* turns();
    task.cancel('enough');
    reader.setException(new Error('broken'));
    expect(yield* outcomeOf(task)).toEqual(cancelledWith('enough'));
  });

  it('a read whose data has already arrived does not yield to the loop', async () => {
    const operations: Operation[] = [];
    const filled = (): StreamReader => {
      const reader = new StreamReader();
      reader.feedData(bytes('line\nrest'));
      return reader;
    };
    operations.push(
      () => filled().read(3),
      () => filled().readline(),
      () => filled().readUntil(bytes('e')),
    );
    operations.push(() => filled().readExactly(9));
    for (const operation of operations) {
      expect(runSync(() => countInGenerator(operation))).toBe(0);
      expect(await run(() => countInAsync(operation))).toBe(0);
    }
  });
});

describe('one read at a time', () => {
  const reads: ReadonlyArray<readonly [string, Read]> = [
    ['read', (reader) => reader.read(1)],
    ['readline', (reader) => reader.readline()],
    ['readUntil', (reader) => reader.readUntil(bytes('x'))],
    ['readExactly', (reader) => reader.readExactly(2)],
  ];
  for (const [name, read] of reads) {
    inBothFlavours(`${name} is refused while another read waits`, readOnce, function* (start) {
      const reader = new StreamReader();
      const first = start(reader, (r) => r.readExactly(4));
      yield* turns();
      reader.feedData(bytes('ab')); // not enough for the first, and not for the second to take
      const message = `${name}() called while another coroutine is already waiting for incoming data`;
      expect(yield* outcomeOf(start(reader, read))).toMatchObject({ error: { name: 'InvalidStateError', message } });
      reader.feedData(bytes('cd'));
      expect(yield* first).toBe('abcd');
    });
  }

  inBothFlavours('a read is refused while another has been woken and has not run yet', readOnce, function* (start) {
    const reader = new StreamReader();
    const first = start(reader, (r) => r.read(4));
    yield* turns();
    reader.feedData(bytes('data'));
    expect(() => reader.read(1)[Symbol.iterator]().next()).toThrow(/already waiting/);
    expect(yield* first).toBe('data');
  });

  inBothFlavours('a read is accepted when another has just been cancelled', readOnce, function* (start) {
    const reader = new StreamReader();
    const first = start(reader, (r) => r.read(4));
    yield* turns();
    first.cancel();
    const second = createTask(reader.read(4));
    yield; // the second waits now, and the clean-up of the first must leave it alone
    expect(yield* outcomeOf(first)).toEqual(cancelledWith());
    reader.feedData(bytes('data'));
    expect((yield* second).toString()).toBe('data');
  });
});

describe('an abandoned read', () => {
  it('leaves the reader free when its coroutine is closed', () => {
    runSync(function* () {
      const reader = new StreamReader();
      const operation = reader.read(1);
      operation[Symbol.iterator]().next();
      expect(String(reader)).toMatch(/waiter=<Future pending>/);
      operation.close();
      expect(String(reader)).toBe('<StreamReader>');
      reader.feedData(bytes('a'));
      expect((yield* reader.read(1)).toString()).toBe('a');
    });
  });

  const lines: Bodies<string[], [StreamReader]> = {
    *generator(_, reader) {
      const read: string[] = [];
      for (let line = yield* reader.readline(); line.length > 0; line = yield* reader.readline()) {
        read.push(line.toString());
      }
      return read;
    },
    async async(_, reader) {
      const read: string[] = [];
      for await (const line of reader) read.push(line.toString());
      return read;
    },
  };

  inBothFlavours('leaves its bytes to the next read after a timeout', lines, function* (start, { loop }) {
    const reader = new StreamReader();
    loop.callLater(10, () => reader.feedData(bytes('par')));
    expect(yield* outcomeOf(createTask(waitFor(reader.readExactly(4), 20)))).toMatchObject({
      error: { name: 'TimeoutError' },
    });
    loop.callLater(10, () => reader.feedData(bytes('t\nnext\nlast')));
    loop.callLater(20, () => reader.feedEof());
    expect(yield* start(reader)).toEqual(['part\n', 'next\n', 'last']);
    expectQuiet(loop);
  });

  inBothFlavours('iteration by lines ends with the error of the stream', lines, function* (start) {
    const reader = new StreamReader();
    reader.feedData(bytes('one\n'));
    const task = start(reader);
    yield* turns();
    const error = new Error('broken');
    reader.setException(error);
    expect(yield* outcomeOf(task)).toEqual({ error });
  });

  inBothFlavours('iteration by lines is cancelled where it waits', lines, function* (start) {
    const reader = new StreamReader();
    reader.feedData(bytes('one\ntw'));
    const task = start(reader);
    yield* turns(6);
    task.cancel();
    expect(yield* outcomeOf(task)).toEqual(cancelledWith());
    reader.feedData(bytes('o\n'));
    expect((yield* reader.readline()).toString()).toBe('two\n');
  });
});

/** Feeds the text in pieces, one per iteration. */
function* feed(reader: StreamReader, pieces: string[]): Steps<void> {
  yield* turns();
  for (const piece of pieces) {
    yield;
    reader.feedData(bytes(piece));
  }
  yield;
  reader.feedEof();
}

const text = 'ab\ncdef\n\nghij';

const readAndTell: Bodies<string, [StreamReader, Read, string[]]> = {
  *generator(_, reader, read, got) {
    yield* sleep(0);
    got.push((yield* read(reader)).toString());
    return got[0]!;
  },
  async async(_, reader, read, got) {
    await sleep(0);
    got.push((await read(reader)).toString());
    return got[0]!;
  },
};

describe.each<[string, Read]>([
  ['read(n)', (reader) => reader.read(3)],
  ['read()', (reader) => reader.read()],
  ['readline', (reader) => reader.readline()],
  ['readExactly', (reader) => reader.readExactly(6)],
  ['readUntil', (reader) => reader.readUntil(bytes('f\n'))],
])('%s, cancelled at every step', (_, read) => {
  it.each(variants)('loses no byte and leaves nothing behind: %s', async (variant) => {
    await runCase(variant, readAndTell, function* (start, { loop }) {
      let [step, cancellations] = [0, 0];
      for (let tooLate = false; !tooLate; step += 1) {
        const reader = new StreamReader();
        const got: string[] = [];
        const feeding = createTask(feed(reader, ['a', 'b\nc', 'def', '\n\ngh', 'ij']));
        const task = start(reader, read, got);
        yield* turns(step);
        tooLate = task.done();
        task.cancel();
        yield* outcomeOf(task);
        if (!tooLate) cancellations += 1;
        yield* feeding;
        got.push((yield* reader.read()).toString()); // would throw if a waiter were left
        expect(got.join('')).toBe(text);
        expectQuiet(loop);
        if (step > 50) throw new Error('it never ends');
      }
      expect(cancellations).toBeGreaterThan(2);
    });
  });
});

it('two tasks that alternate on one reader get every byte once', () => {
  runSync(function* () {
    const reader = new StreamReader();
    const got: string[] = [];
    function* take(): Steps<void> {
      for (;;) {
        try {
          const part = yield* waitFor(reader.read(3), 5);
          if (part.length === 0) return;
          got.push(part.toString());
        } catch (error) {
          if (isCancelled(error) || (error as Error).name === 'InvalidStateError') yield* sleep(1);
          else if ((error as Error).name !== 'TimeoutError') throw error;
        }
      }
    }
    function* slowly(): Steps<void> {
      for (let i = 0; i < 40; i += 1) {
        reader.feedData(bytes(`${i};`));
        yield* sleep(i % 5);
      }
      reader.feedEof();
    }
    yield* gather([take(), take(), slowly()]);
    expect(got.join('')).toBe(Array.from({ length: 40 }, (_, i) => `${i};`).join(''));
  });
});
