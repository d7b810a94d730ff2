/** Random input for the parsers, in every split: what they return must not depend on where the chunks end. */

import { type Fuzzer, smallerLists } from '../campaign.js';
import { Random } from '../random.js';
import { answersToQuery, makeQuery } from './dns.js';
import { httpResponses, makeRequests } from './http.js';
import { type Read, expectedReads, makeReads, readerResults } from './reader.js';
import { makeCommands, respRequests } from './resp.js';

/** Input for a parser. */
export interface SplitProgram {
  readonly parser: 'reader' | 'resp' | 'dns' | 'http';
  /** The input, one character for each byte. */
  readonly input: string;
  /** For `reader`: the reads, and the limit of the reader. */
  readonly reads: readonly Read[];
  readonly limit: number;
  /** The places where a random split cuts the input. */
  readonly cuts: readonly number[];
}

class SplitFuzzer implements Fuzzer<SplitProgram> {
  readonly name = 'splits';
  readonly parts = 'bytes';

  make(seed: number): SplitProgram {
    const random = new Random(seed);
    const parser = random.weighted<SplitProgram['parser']>([
      [8, 'reader'],
      [8, 'resp'],
      [3, 'dns'],
      [1, 'http'],
    ]);
    const input = makeInput(parser, random);
    const cuts = Array.from({ length: random.between(1, 6) }, () => random.between(0, input.length));
    const limit = random.chance(0.3) ? random.between(1, 20) : 65_536;
    return { parser, input, reads: parser === 'reader' ? makeReads(random) : [], limit, cuts };
  }

  size({ input }: SplitProgram): number {
    return input.length;
  }

  async run(program: SplitProgram): Promise<string | null> {
    const input = Buffer.from(program.input, 'latin1');
    const { parser } = program;
    if (parser === 'dns') return answersToQuery(input);
    const splits = [...(parser === 'http' ? someSplits(input, program.cuts) : everySplit(input, program.cuts))];
    const found = await outcomesOf(program, [[input], ...splits]);
    const whole = parser === 'reader' ? expectedReads(input, program.reads, program.limit) : found[0]!;
    const at = found.findIndex((each) => each !== whole && !(isRefused(each) && isRefused(whole)));
    if (at < 0) return null;
    const chunks = at === 0 ? [input] : splits[at - 1]!;
    const text = chunks.map((chunk) => JSON.stringify(chunk.toString('latin1'))).join(' + ');
    return `${parser}: the result depends on the split\n${text}\nexpected ${whole}\ngot ${found[at]}`;
  }

  *smaller(program: SplitProgram): Generator<SplitProgram> {
    for (const bytes of smallerLists(Array.from(program.input))) yield { ...program, input: bytes.join('') };
    for (const reads of smallerLists(program.reads)) yield { ...program, reads };
    for (const cuts of smallerLists(program.cuts)) yield { ...program, cuts };
  }
}

function makeInput(parser: SplitProgram['parser'], random: Random): string {
  if (parser === 'resp') return makeCommands(random);
  if (parser === 'dns') return makeQuery(random);
  if (parser === 'http') return makeRequests(random);
  // Few characters, so that separators and beginnings of separators are frequent.
  const alphabet = random.pick(['ab', 'ab;', 'a\r\n', 'ab\r\n;']);
  return Array.from({ length: random.between(0, 40) }, () => random.pick(Array.from(alphabet))).join('');
}

/**
 * Node answers a broken request before the one in front of it if both are in one chunk, and closes: chunks that arrive later may destroy
 * the response.
 */
const isRefused = (responses: string): boolean => responses === '' || responses.includes(' 400 Bad Request');

type Chunks = readonly Buffer[];

async function outcomesOf({ parser, reads, limit }: SplitProgram, splits: readonly Chunks[]): Promise<string[]> {
  if (parser === 'reader') return readerResults(splits, reads, limit);
  if (parser === 'resp') return splits.map(respRequests);
  return await httpResponses(splits);
}

function* someSplits(input: Buffer, cuts: readonly number[]): Generator<Buffer[]> {
  yield [...input].map((byte) => Buffer.from([byte]));
  yield cutAt(input, cuts);
}

/** Yields the input byte by byte, in two parts at every place, and cut at the given places. */
function* everySplit(input: Buffer, cuts: readonly number[]): Generator<Buffer[]> {
  yield* someSplits(input, cuts);
  for (let at = 1; at < input.length; at += 1) yield cutAt(input, [at]);
}

function cutAt(input: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...[...cuts].sort((a, b) => a - b), input.length];
  const chunks = places.slice(1).map((end, i) => Buffer.from(input.subarray(places[i], end)));
  return chunks.filter((chunk) => chunk.length > 0);
}

export const splitFuzzer = new SplitFuzzer();
