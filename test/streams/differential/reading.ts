/** Scenarios for reading: split chunks, EOF in the middle, cancelled reads, timeouts, limits. */

import { type Steps, createTask, moveOnAfter, timeout } from 'selectloop';

import { turns } from '../../support/every-loop.js';
import { type End, type Scenario, patterned } from './scene.js';

/** Sends pieces with iterations between them, so that most arrive as separate chunks. */
function* pieces(from: End, ...texts: string[]): Steps<void> {
  for (const text of texts) {
    from.writer.write(Buffer.from(text));
    yield* turns(3);
  }
}

const bytes = (text: string): Buffer => Buffer.from(text);

export const reading: readonly Scenario[] = [
  {
    name: 'read returns the bytes that have arrived, and no more than n',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('hello world'));
      yield* scene.result('5 of them', b.reader.readExactly(5));
      yield* scene.result('up to 3', b.reader.read(3));
      yield* scene.result('up to 100', b.reader.read(100));
      yield* scene.result('none', b.reader.read(0));
    },
    log: ['5 of them: "hello"', 'up to 3: " wo"', 'up to 100: "rld"', 'none: the end'],
  },
  {
    name: 'readline joins lines from split chunks',
    *steps(scene) {
      const { a, b } = scene;
      const first = yield* scene.started(b.reader.readline());
      yield* pieces(a, 'fi', 'rst', '\nsec', 'ond\nthi');
      yield* scene.result('first', first);
      yield* scene.result('second', b.reader.readline());
      a.writer.writeEof();
      yield* scene.result('last', b.reader.readline());
      yield* scene.result('after it', b.reader.readline());
    },
    log: ['first: "first\\n"', 'second: "second\\n"', 'last: "thi"', 'after it: the end'],
  },
  {
    name: 'readExactly waits for bytes that arrive in many chunks',
    *steps(scene) {
      const { a, b } = scene;
      const whole = patterned(300_000);
      const read = yield* scene.started(b.reader.readExactly(whole.length));
      for (let at = 0; at < whole.length; at += 30_001) {
        a.writer.write(whole.subarray(at, at + 30_001));
        yield;
      }
      yield* scene.result('all', read);
    },
    log: ['all: 300000 bytes, in order'],
  },
  {
    name: 'readExactly throws the bytes that had arrived if EOF comes too early',
    *steps(scene) {
      const { a, b } = scene;
      const read = yield* scene.started(b.reader.readExactly(10));
      yield* pieces(a, 'abc', 'de');
      a.writer.writeEof();
      yield* scene.result('10 bytes', read);
      yield* scene.result('the rest', b.reader.read());
      scene.call('at the end', () => b.reader.atEof());
    },
    log: ['10 bytes: IncompleteReadError after "abcde"', 'the rest: the end', 'at the end: true'],
  },
  {
    name: 'readUntil finds a separator that spans chunks',
    *steps(scene) {
      const { a, b } = scene;
      const read = yield* scene.started(b.reader.readUntil(bytes('--end--')));
      yield* pieces(a, 'body-', '--e', 'nd', '--next--en');
      yield* scene.result('body', read);
      a.writer.close();
      yield* scene.result('next', b.reader.readUntil(bytes('--end--')));
    },
    log: ['body: "body---end--"', 'next: IncompleteReadError after "next--en"'],
  },
  {
    name: 'readUntil takes the separator that ends first',
    *steps(scene) {
      const { a, b } = scene;
      const separators = [bytes('\r\n'), bytes(';')];
      yield* pieces(a, 'one\r', '\ntwo;three');
      yield* scene.result('one', b.reader.readUntil(separators));
      yield* scene.result('two', b.reader.readUntil(separators));
    },
    log: ['one: "one\\r\\n"', 'two: "two;"'],
  },
  {
    name: 'read without a number reads a large message until EOF',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(patterned(1_000_000));
      a.writer.writeEof();
      yield* scene.result('all', b.reader.read());
      yield* scene.result('again', b.reader.read());
    },
    log: ['all: 1000000 bytes, in order', 'again: the end'],
  },
  {
    name: 'every way of reading reports EOF after the end',
    *steps(scene) {
      const { a, b } = scene;
      a.writer.close();
      yield* scene.result('read(5)', b.reader.read(5));
      yield* scene.result('read()', b.reader.read());
      yield* scene.result('readline()', b.reader.readline());
      yield* scene.result('readUntil()', b.reader.readUntil());
      yield* scene.result('readExactly(1)', b.reader.readExactly(1));
      yield* scene.result('readExactly(0)', b.reader.readExactly(0));
      scene.call('atEof()', () => b.reader.atEof());
    },
    log: [
      'read(5): the end',
      'read(): the end',
      'readline(): the end',
      'readUntil(): IncompleteReadError after the end',
      'readExactly(1): IncompleteReadError after the end',
      'readExactly(0): the end',
      'atEof(): true',
    ],
  },
  {
    name: 'a cancelled read takes no byte',
    *steps(scene) {
      const { a, b } = scene;
      const read = yield* scene.started(b.reader.readExactly(6));
      yield* pieces(a, 'abc');
      read.cancel();
      yield* scene.result('cancelled', read);
      yield* pieces(a, 'def');
      yield* scene.result('after it', b.reader.readExactly(6));
    },
    log: ['cancelled: CancelledError ERR_CANCELLED', 'after it: "abcdef"'],
  },
  {
    name: 'a read that is cancelled when its bytes have just arrived leaves them',
    *steps(scene) {
      const { a, b } = scene;
      for (let i = 0; i < 20; i += 1) {
        const read = yield* scene.started(b.reader.readExactly(4));
        a.writer.write(bytes('abcd'));
        yield* turns(i % 5);
        const cancelled = read.cancel();
        const rest = cancelled ? b.reader.readExactly(4) : read;
        try {
          yield* read;
        } catch {
          // cancelled
        }
        if ((yield* rest).toString() !== 'abcd') scene.note(`lost in round ${i}`);
      }
      scene.note('20 rounds');
    },
    log: ['20 rounds'],
  },
  {
    name: 'a timeout around a read leaves the bytes to the next one',
    *steps(scene) {
      const { a, b } = scene;
      yield* pieces(a, 'par');
      yield* scene.result(
        'timeout',
        timeout(5, function* () {
          return yield* b.reader.readline();
        }),
      );
      const moved = yield* moveOnAfter(5, function* () {
        return yield* b.reader.readExactly(100);
      });
      scene.note(`moved on: ${moved.cancelled}`);
      yield* pieces(a, 'tial\n');
      yield* scene.result('line', b.reader.readline());
    },
    log: ['timeout: TimeoutError ETIMEDOUT', 'moved on: true', 'line: "partial\\n"'],
  },
  {
    name: 'two reads at a time are refused',
    *steps(scene) {
      const { a, b } = scene;
      const first = yield* scene.started(b.reader.read(5));
      yield* scene.result('second', b.reader.readline());
      a.writer.write(bytes('hello'));
      yield* scene.result('first', first);
    },
    log: ['second: InvalidStateError ERR_INVALID_STATE', 'first: "hello"'],
  },
  {
    name: 'readline drops a line that is longer than the limit',
    limit: 10,
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('this line is far too long\nshort\n'));
      yield* b.reader.readExactly(1);
      yield* scene.result('long', b.reader.readline());
      yield* scene.result('short', b.reader.readline());
    },
    log: ['long: RangeError ERR_OUT_OF_RANGE', 'short: "short\\n"'],
  },
  {
    name: 'readUntil leaves a record that is longer than the limit',
    limit: 10,
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(bytes('012345678901234567890;rest;'));
      yield* b.reader.readExactly(1);
      yield* scene.result('long', b.reader.readUntil(bytes(';')));
      yield* scene.result('its bytes', b.reader.readExactly(21));
      yield* scene.result('rest', b.reader.readUntil(bytes(';')));
    },
    log: ['long: LimitOverrunError, 20 consumed', 'its bytes: "12345678901234567890;"', 'rest: "rest;"'],
  },
  {
    name: 'a limit does not apply to readExactly',
    limit: 10,
    *steps(scene) {
      const { a, b } = scene;
      a.writer.write(patterned(400_000));
      yield* scene.result('all', b.reader.readExactly(400_000));
    },
    log: ['all: 400000 bytes, in order'],
  },
  {
    name: 'lines are iterated over until EOF, including the last one without a newline',
    hosted: true,
    *steps(scene) {
      const { a, b } = scene;
      const lines = createTask(async () => {
        for await (const line of b.reader) scene.note(JSON.stringify(line.toString()));
      });
      yield* pieces(a, 'one\ntw', 'o\n', '\nthree');
      a.writer.close();
      yield* scene.result('iteration', lines);
    },
    log: ['"one\\n"', '"two\\n"', '"\\n"', '"three"', 'iteration: done'],
  },
  {
    name: 'single bytes arrive in order, however they are read',
    *steps(scene) {
      const { a, b } = scene;
      const whole = patterned(5000);
      const read = yield* scene.started(b.reader.readExactly(whole.length));
      for (const byte of whole) a.writer.write(Buffer.of(byte));
      yield* scene.result('all', read);
    },
    log: ['all: 5000 bytes, in order'],
  },
];
