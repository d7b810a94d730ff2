/** Reads return the same lines, records and amounts however the bytes are cut into chunks. */

import fc from 'fast-check';
import {
  type Coroutine,
  IncompleteReadError,
  LimitOverrunError,
  type Steps,
  StreamReader,
  createTask,
  runSync,
} from 'selectloop';
import { describe, expect, it } from 'vitest';

/** Few different bytes, so that separators, and beginnings of separators, occur. */
const letters = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength });

/** A stream and its cuts: far apart, close together, or at the same place (an empty chunk). */
const cutStreams = fc
  .tuple(fc.oneof(letters(60), letters(6000)), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 }))
  .map(([stream, fractions]) => {
    const places = [0, ...fractions.map((f) => Math.round(f * stream.length)).sort((a, b) => a - b), stream.length];
    return places.slice(1).map((end, i) => stream.slice(places[i], end));
  });

/** Feeds one chunk per iteration while the reader reads all it can. Returns the results of `read`. */
function readChunked(
  chunks: readonly string[],
  limit: number,
  read: (reader: StreamReader) => Steps<string>,
): string[] {
  return runSync(function* () {
    const reader = new StreamReader({ limit });
    createTask(function* () {
      for (const chunk of chunks) {
        reader.feedData(Buffer.from(chunk));
        yield;
      }
      reader.feedEof();
    });
    const results: string[] = [];
    while (!reader.atEof() && results.at(-1)?.startsWith('overrun') !== true) results.push(yield* read(reader));
    return results;
  });
}

/** The outcome of one read as text. */
function* outcome(operation: Coroutine<Buffer>): Steps<string> {
  try {
    return (yield* operation).toString();
  } catch (error) {
    if (error instanceof IncompleteReadError) return `incomplete:${error.partial.toString()}`;
    if (error instanceof LimitOverrunError || error instanceof RangeError) return 'overrun';
    throw error;
  }
}

/** The expected result of `readUntil`, found by trying every position. */
function recordsOf(stream: string, separators: readonly string[], limit: number): string[] {
  const records: string[] = [];
  for (let begin = 0; begin < stream.length;) {
    let end = begin + 1;
    const endsHere = (): string[] =>
      separators.filter((s) => end - s.length >= begin && stream.slice(end - s.length, end) === s);
    while (end <= stream.length && endsHere().length === 0) end += 1;
    const found = end <= stream.length;
    const shortest = Math.min(...endsHere().map((s) => s.length));
    const longest = Math.max(...separators.map((s) => s.length));
    if (found ? end - shortest - begin > limit : stream.length - begin + 1 - longest > limit)
      return [...records, 'overrun'];
    records.push(found ? stream.slice(begin, end) : `incomplete:${stream.slice(begin)}`);
    begin = end;
  }
  return records;
}

const separatorLists = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 3,
});

describe('any chunks of any stream', () => {
  it('give the same records, up to the first that is too long', () => {
    fc.assert(
      fc.property(cutStreams, separatorLists, fc.integer({ min: 1, max: 40 }), (chunks, separators, limit) => {
        const asBytes = separators.map((s) => Buffer.from(s));
        const records = readChunked(chunks, limit, (reader) => outcome(reader.readUntil(asBytes)));
        // An empty stream may reach EOF only after the first read has started.
        expect(records.filter((record) => record !== 'incomplete:')).toEqual(
          recordsOf(chunks.join(''), separators, limit),
        );
      }),
      { numRuns: 400 },
    );
  });

  it('give the same lines', () => {
    fc.assert(
      fc.property(cutStreams, (chunks) => {
        const lines = readChunked(chunks, 10_000, (reader) => outcome(reader.readline()));
        expect(lines.filter((line) => line !== '')).toEqual(chunks.join('').match(/[^\n]*\n|[^\n]+$/g) ?? []);
      }),
      { numRuns: 200 },
    );
  });

  it('give every byte once, in order, whatever is asked for', () => {
    const requests = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('read' as const), n: fc.integer({ min: 1, max: 3000 }) }),
        fc.record({ kind: fc.constant('readExactly' as const), n: fc.integer({ min: 0, max: 3000 }) }),
        fc.record({ kind: fc.constant('readline' as const), n: fc.constant(0) }),
      ),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(
      fc.property(cutStreams, requests, (chunks, plan) => {
        let at = 0;
        const parts = readChunked(chunks, 10_000, function* (reader) {
          const { kind, n } = plan[at % plan.length]!;
          // A plan of nothing but readExactly(0) would never end.
          const wanted = at >= plan.length ? Math.max(n, 1) : n;
          at += 1;
          const part = yield* outcome(kind === 'readline' ? reader.readline() : reader[kind](wanted));
          if (kind === 'readExactly' && !part.startsWith('incomplete:')) expect(part.length).toBe(wanted);
          return part;
        });
        expect(parts.map((part) => part.replace('incomplete:', '')).join('')).toBe(chunks.join(''));
      }),
      { numRuns: 300 },
    );
  });

  it('the time for a stream of single bytes is linear, wherever it is cut', () => {
    // One line in 300,000 chunks: searching or moving the same bytes repeatedly would take minutes.
    const reader = new StreamReader({ limit: Infinity });
    runSync(function* () {
      const reading = createTask(reader.readUntil([Buffer.from('\r\n'), Buffer.from('\0end')]));
      yield;
      const x = Buffer.from('x');
      for (let i = 0; i < 300_000; i += 1) {
        reader.feedData(x);
        if (i % 10 === 0) yield;
      }
      reader.feedData(Buffer.from('\r\n'));
      expect((yield* reading).length).toBe(300_002);
    });
  });
});
