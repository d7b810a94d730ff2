/** The reads of a StreamReader, and a model that reads the whole input. */

import {
  type Coroutine,
  IncompleteReadError,
  LimitOverrunError,
  type Steps,
  StreamReader,
  createTask,
  runSync,
} from 'selectloop';

import type { Random } from '../random.js';

/** One read. Separators have one character for each byte. */
export type Read = readonly ['readline'] | readonly ['readExactly', number] | readonly ['readUntil', ...string[]];

const SEPARATORS = ['\n', '\r\n', ';', 'ab', 'aab', 'aa', 'b;', ';;', 'abab'];

export function makeReads(random: Random): Read[] {
  return Array.from({ length: random.between(1, 7) }, () =>
    random.weighted<() => Read>([
      [2, () => ['readline']],
      [2, () => ['readExactly', random.between(0, 12)]],
      [4, () => ['readUntil', ...Array.from({ length: random.between(1, 3) }, () => random.pick(SEPARATORS))]],
    ])(),
  );
}

type Chunks = readonly Buffer[];

/** Returns what the reads give for each split, while its chunks arrive one by one. The last line is the rest of the stream. */
export function readerResults(splits: readonly Chunks[], reads: readonly Read[], limit: number): string[] {
  return runSync(function* () {
    const found: string[] = [];
    for (const chunks of splits) {
      const reader = new StreamReader({ limit });
      const reading = createTask(results(reader, reads));
      for (const chunk of chunks) {
        yield; // the reader parks, or handles the chunk before
        yield;
        reader.feedData(chunk);
      }
      reader.feedEof();
      found.push((yield* reading).join('\n'));
    }
    return found;
  });
}

function* results(reader: StreamReader, reads: readonly Read[]): Steps<string[]> {
  const lines: string[] = [];
  for (const read of reads) {
    try {
      lines.push(text(yield* perform(reader, read)));
    } catch (error) {
      if (error instanceof IncompleteReadError) lines.push(`incomplete ${text(error.partial)}`);
      else if (error instanceof LimitOverrunError || error instanceof RangeError) return [...lines, 'too long'];
      else return [...lines, String(error)];
    }
  }
  return [...lines, `rest ${text(yield* reader.read())}`];
}

function perform(reader: StreamReader, read: Read): Coroutine<Buffer> {
  if (read[0] === 'readline') return reader.readline();
  if (read[0] === 'readExactly') return reader.readExactly(read[1]);
  const [, ...separators] = read;
  const buffers = separators.map((each) => Buffer.from(each, 'latin1'));
  return reader.readUntil(buffers.length === 1 ? buffers[0] : buffers);
}

const text = (data: Buffer): string => JSON.stringify(data.toString('latin1'));

/** The same results from a model that has the whole input. */
export function expectedReads(input: Buffer, reads: readonly Read[], limit: number): string {
  const lines: string[] = [];
  let rest = input;
  const take = (n: number): string => {
    const taken = text(rest.subarray(0, n));
    rest = rest.subarray(n);
    return taken;
  };
  for (const read of reads) {
    if (read[0] === 'readExactly') {
      lines.push(rest.length < read[1] ? `incomplete ${take(rest.length)}` : take(read[1]));
      continue;
    }
    const separators = read[0] === 'readline' ? ['\n'] : read.slice(1);
    const { start, end } = firstSeparator(rest, separators);
    if (start > limit) return [...lines, 'too long'].join('\n');
    if (end <= rest.length) lines.push(take(end));
    else if (read[0] === 'readline') lines.push(take(rest.length));
    else lines.push(`incomplete ${take(rest.length)}`);
  }
  return [...lines, `rest ${text(rest)}`].join('\n');
}

/** Returns where the separator that ends first begins and ends. Without one it is where the longest could begin, and past the end. */
function firstSeparator(data: Buffer, separators: readonly string[]): { start: number; end: number } {
  const longest = Math.max(...separators.map((each) => each.length));
  let first = { start: Math.max(0, data.length + 1 - longest), end: data.length + 1 };
  for (const separator of [...separators].sort((a, b) => a.length - b.length)) {
    const start = data.indexOf(separator, 0, 'latin1');
    if (start >= 0 && start + separator.length < first.end) first = { start, end: start + separator.length };
  }
  return first;
}
