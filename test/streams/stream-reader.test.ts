/** Reading bytes that have already arrived, and the rules for lines, records and limits. */

import {
  type Coroutine,
  IncompleteReadError,
  InvalidStateError,
  LimitOverrunError,
  StreamReader,
  runSync,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

import { moveAway } from '../support/moved.js';

/** A reader with these chunks; `null` is EOF. */
function readerOf(chunks: ReadonlyArray<string | null>, limit?: number): StreamReader {
  const reader = new StreamReader(limit === undefined ? {} : { limit });
  for (const chunk of chunks) {
    if (chunk === null) reader.feedEof();
    else reader.feedData(Buffer.from(chunk));
  }
  return reader;
}

/** The result of a read that does not wait. */
function now(operation: Coroutine<Buffer>): string {
  return runSync(operation).toString();
}

/** The error of a read that does not wait. */
function failure(operation: Coroutine<Buffer>): unknown {
  try {
    runSync(operation);
  } catch (error) {
    return error;
  }
  throw new Error('expected the read to fail');
}

/** The bytes left in the buffer. */
function rest(reader: StreamReader): string {
  reader.feedEof();
  return now(reader.read());
}

const bytes = (text: string): Buffer => Buffer.from(text);

describe('StreamReader', () => {
  it.each([0, -1, -Infinity, Number.NaN])('a limit of %s is a RangeError', (limit) => {
    expect(() => new StreamReader({ limit })).toThrow(RangeError);
  });

  it('a limit that is not a number is a TypeError', () => {
    expect(() => new StreamReader({ limit: '64k' as never })).toThrow(/StreamReader: limit: expected .*, got "64k"/);
  });

  it('feeding no data does nothing', () => {
    const reader = new StreamReader();
    reader.feedData(Buffer.alloc(0));
    expect(String(reader)).toBe('<StreamReader>');
    expect(now(readerOf(['', 'a', '', 'b', null]).read())).toBe('ab');
  });

  it('feeding anything but bytes is a TypeError', () => {
    const reader = new StreamReader();
    expect(() => reader.feedData('text' as never)).toThrow(/expected a Buffer or Uint8Array \(for text/);
    reader.feedData(new Uint8Array([104, 105])); // a Uint8Array is bytes too
    expect(rest(reader)).toBe('hi');
  });

  it('a message transferred to a worker takes no unread bytes with it', () => {
    const reader = new StreamReader();
    reader.feedData(Buffer.alloc(10_000, 'line\n')); // too large for Node's buffer pool
    const lines = Array.from({ length: 3 }, () => runSync(reader.readline()));
    moveAway(lines[1]!);
    expect(lines.filter((_, i) => i !== 1).map(String)).toEqual(['line\n', 'line\n']);
    expect(rest(reader)).toBe('line\n'.repeat(1997));
  });

  describe('read', () => {
    it('read(0) is empty and leaves the buffer alone', () => {
      const reader = readerOf(['data']);
      expect(now(reader.read(0))).toBe('');
      expect(rest(reader)).toBe('data');
    });

    it('read(n) returns up to n of the bytes that have arrived', () => {
      const reader = readerOf(['line1', 'line2']);
      expect(now(reader.read(3))).toBe('lin');
      expect(now(reader.read(5))).toBe('e1lin');
      expect(now(reader.read(100))).toBe('e2');
    });

    it('at EOF read returns the remaining bytes, then always none', () => {
      const reader = readerOf(['abc', null]);
      expect([now(reader.read(2)), now(reader.read(2)), now(reader.read(2)), now(reader.read(2))]).toEqual([
        'ab',
        'c',
        '',
        '',
      ]);
    });

    it.each([undefined, -1, -5])('read(%s) reads until EOF', (n) => {
      expect(now(readerOf(['chunk1', 'chunk2', null]).read(n))).toBe('chunk1chunk2');
    });

    it('a chunk is returned without a copy', () => {
      const chunk = bytes('a chunk');
      const reader = new StreamReader();
      reader.feedData(chunk);
      expect(runSync(reader.read(100))).toBe(chunk);
    });

    it.each([1.5, Number.NaN, Infinity])('read(%s) throws a RangeError at the call', (n) => {
      expect(() => new StreamReader().read(n)).toThrow(RangeError);
    });

    it('read of anything but a number is a TypeError', () => {
      expect(() => new StreamReader().read('3' as never)).toThrow(TypeError);
    });
  });

  describe('readline', () => {
    it('returns a line with its newline', () => {
      const reader = readerOf(['one\ntw', 'o\n', '\nthree']);
      expect([now(reader.readline()), now(reader.readline()), now(reader.readline())]).toEqual([
        'one\n',
        'two\n',
        '\n',
      ]);
      expect(rest(reader)).toBe('three');
    });

    it('at EOF it returns the incomplete line, then nothing', () => {
      const reader = readerOf(['some data', null]);
      expect(now(reader.readline())).toBe('some data');
      expect(now(reader.readline())).toBe('');
    });

    it('the limit is for the line without its newline', () => {
      expect(now(readerOf(['1234567\n'], 7).readline())).toBe('1234567\n');
      expect(failure(readerOf(['12345678\n'], 7).readline())).toBeInstanceOf(RangeError);
    });

    it('a line that is too long is dropped, and the next one can be read', () => {
      const reader = readerOf(['line1 is too long\n', 'line2\n'], 5);
      expect(failure(reader.readline())).toMatchObject({
        name: 'RangeError',
        code: 'ERR_OUT_OF_RANGE',
        message: "readline: the line is longer than the limit of 5 bytes (option 'limit')",
        cause: { consumed: 17 },
      });
      expect(now(reader.readline())).toBe('line2\n');
    });

    it('more bytes than the limit without a newline are dropped', () => {
      const reader = readerOf(['li', 'ne1', 'li'], 3);
      expect(failure(reader.readline())).toBeInstanceOf(RangeError);
      reader.feedData(bytes('ne2\n'));
      expect(now(reader.readline())).toBe('ne2\n');
    });

    it('exactly the limit without a newline is allowed', () => {
      expect(now(readerOf(['123', '4567', null], 7).readline())).toBe('1234567');
    });
  });

  describe('readUntil', () => {
    it('reads to a newline by default', () => {
      expect(now(readerOf(['some\ndata']).readUntil())).toBe('some\n');
    });

    it.each([
      ['nothing', []],
      ['no byte', bytes('')],
      ['no byte among others', [bytes('a'), bytes('')]],
    ])('with %s as the separator throws a RangeError at the call', (_, separator) => {
      expect(() => new StreamReader().readUntil(separator)).toThrow(RangeError);
    });

    it('text as the separator is a TypeError that says what to do', () => {
      expect(() => new StreamReader().readUntil('\r\n' as never)).toThrow(/for text: Buffer.from/);
      expect(() => new StreamReader().readUntil(['\r\n'] as never)).toThrow(TypeError);
    });

    it('finds a separator that spans several chunks', () => {
      const reader = readerOf(['QWEaa', 'XYaa', 'a', 'rest']);
      expect(now(reader.readUntil(bytes('aaa')))).toBe('QWEaaXYaaa');
      expect(rest(reader)).toBe('rest');
    });

    it.each([
      ['of two, the one that ends first', ['ABCDEFG'], ['DEF', 'BCDE'], 'ABCDE'],
      ['also across chunks', ['AB', 'CD', 'E', 'FG'], ['DEF', 'BCDE'], 'ABCDE'],
      ['the longer, if it ends first', ['a\r\nb\n'], ['\n', '\r\n'], 'a\r\n'],
      ['the only one there is', ['one;two'], [';', '!!!'], 'one;'],
      ['one far away, if the other is farther', [`${'x'.repeat(5000)};y!`], ['!', ';'], `${'x'.repeat(5000)};`],
      [
        'one across the stretches of the search',
        [`${'x'.repeat(1022)}<end>`],
        ['#', '<end>'],
        `${'x'.repeat(1022)}<end>`,
      ],
    ])('with several separators, %s', (_, chunks, separators, expected) => {
      expect(now(readerOf(chunks).readUntil(separators.map(bytes)))).toBe(expected);
    });

    it('a separator beyond the limit is a LimitOverrunError, and nothing is taken', () => {
      const reader = readerOf(['some dataAAA'], 3);
      const error = failure(reader.readUntil(bytes('AAA')));
      expect(error).toBeInstanceOf(LimitOverrunError);
      expect(error).toMatchObject({
        name: 'LimitOverrunError',
        message: expect.stringMatching('is found') as string,
        consumed: 9,
      });
      expect(rest(reader)).toBe('some dataAAA');
    });

    it('a separator that has not arrived within the limit is a LimitOverrunError', () => {
      const reader = readerOf(['some dataAA'], 3);
      expect(failure(reader.readUntil(bytes('AAA')))).toMatchObject({
        message: expect.stringMatching('not found') as string,
        consumed: 9, // the last two may be the beginning of the separator
      });
      expect(now(reader.readExactly(9))).toBe('some data');
      reader.feedData(bytes('A'));
      expect(now(reader.readUntil(bytes('AAA')))).toBe('AAA');
    });

    it('the limit is for the record without its separator', () => {
      expect(now(readerOf(['123AAA'], 3).readUntil(bytes('AAA')))).toBe('123AAA');
      expect(failure(readerOf(['1234AAA'], 3).readUntil(bytes('AAA')))).toBeInstanceOf(LimitOverrunError);
      expect(failure(readerOf(['123AA', null], 3).readUntil(bytes('AAA')))).toBeInstanceOf(IncompleteReadError);
    });

    it('EOF before the separator is an IncompleteReadError with the remaining bytes', () => {
      const reader = readerOf(['some data', null]);
      const error = failure(reader.readUntil(bytes('AAA')));
      expect(error).toBeInstanceOf(IncompleteReadError);
      expect(error).toMatchObject({ partial: bytes('some data'), expected: null, code: 'ERR_INCOMPLETE_READ' });
      expect(reader.atEof()).toBe(true);
    });

    it('a complete record is also found after EOF', () => {
      const reader = readerOf(['one;two', null]);
      expect(now(reader.readUntil(bytes(';')))).toBe('one;');
      expect(failure(reader.readUntil(bytes(';')))).toMatchObject({ partial: bytes('two') });
    });

    it('copies the separators at the call', () => {
      const reader = readerOf(['a;b:']);
      const separator = bytes(';');
      const operation = reader.readUntil(separator);
      separator.fill(':');
      expect(now(operation)).toBe('a;');
    });
  });

  describe('readExactly', () => {
    it('reads exactly n bytes, regardless of the limit', () => {
      const reader = readerOf(['12345', '67890'], 3);
      expect(now(reader.readExactly(9))).toBe('123456789');
      expect(now(reader.readExactly(0))).toBe('');
      expect(rest(reader)).toBe('0');
    });

    it('a negative number throws a RangeError at the call', () => {
      expect(() => new StreamReader().readExactly(-1)).toThrow(RangeError);
      expect(() => new StreamReader().readExactly(undefined as never)).toThrow(TypeError);
    });

    it('EOF too early is an IncompleteReadError with the bytes that had arrived', () => {
      const reader = readerOf(['123456789', '123456789', null]);
      expect(failure(reader.readExactly(36))).toMatchObject({
        name: 'IncompleteReadError',
        message: '18 bytes read on a total of 36 expected bytes',
        partial: bytes('123456789123456789'),
        expected: 36,
      });
      expect(reader.atEof()).toBe(true);
      expect(now(reader.readExactly(0))).toBe('');
    });
  });

  it('after setException every read throws it, even if there is data', () => {
    const reader = readerOf(['line\n']);
    expect(reader.exception()).toBeNull();
    const error = new Error('broken');
    reader.setException(error);
    expect(reader.exception()).toBe(error);
    for (const operation of [
      reader.read(2),
      reader.read(0),
      reader.read(),
      reader.readline(),
      reader.readExactly(2),
      reader.readUntil(),
    ]) {
      expect(failure(operation)).toBe(error);
    }
  });

  it('atEof is true only when EOF has arrived and everything was read', () => {
    const reader = readerOf(['data']);
    expect(reader.atEof()).toBe(false);
    reader.feedEof();
    expect(reader.atEof()).toBe(false);
    now(reader.read(4));
    expect(reader.atEof()).toBe(true);
  });

  it('feeding data after EOF is an InvalidStateError; a second feedEof is not', () => {
    const reader = readerOf([null]);
    reader.feedEof();
    expect(() => reader.feedData(bytes('x'))).toThrow(InvalidStateError);
  });

  it('toString describes its contents', () => {
    expect(String(new StreamReader())).toBe('<StreamReader>');
    expect(String(new StreamReader({ limit: 123 }))).toBe('<StreamReader limit=123>');
    expect(String(readerOf(['data']))).toBe('<StreamReader 4 bytes>');
    expect(String(readerOf([null]))).toBe('<StreamReader eof>');
    expect(String(readerOf(['data', null], 9))).toBe('<StreamReader limit=9 4 bytes eof>');
    const reader = new StreamReader();
    reader.setException(new RangeError('too far'));
    expect(String(reader)).toBe('<StreamReader exception=RangeError: too far>');
  });

  it('an operation can be awaited only once', () => {
    const reader = readerOf(['ab']);
    const operation = reader.read(1);
    expect(now(operation)).toBe('a');
    expect(failure(operation)).toBeInstanceOf(InvalidStateError);
    expect(rest(reader)).toBe('b');
  });

  it('an operation that is never awaited does nothing', () => {
    const reader = readerOf(['ab']);
    void reader.read(1);
    expect(rest(reader)).toBe('ab');
  });
});
