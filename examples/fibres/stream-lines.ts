// Reads lines from a stream of chunks on demand: a chunk is pulled only when no complete line is left.
// Watch which lines need another chunk and which are already complete, and that no chunk is pulled after the third line.
// readLine() looks like a blocking function. It is suspended in pull(), in the middle of its loop, until the chunk arrives.

import { type Steps, run, sleep } from 'selectloop';

import { program } from '../support/program.js';

/** A line that is longer than this ends the reading, so that a sender cannot fill the memory. */
const MAX_LINE = 65_536;

export class LineStream {
  private text = '';
  private ended = false;

  /** @param pull returns the next chunk, or null at the end */
  constructor(private readonly pull: () => Steps<string | null>) {}

  /** Returns the next line without its newline, or null at the end. The last line may lack a newline. */
  *readLine(): Steps<string | null> {
    let searched = 0;
    for (;;) {
      const end = this.text.indexOf('\n', searched);
      if (end >= 0) return this.take(end, end + 1);
      if (this.ended) return this.text === '' ? null : this.take(this.text.length, this.text.length);
      if (this.text.length > MAX_LINE) throw new RangeError(`expected a line of at most ${MAX_LINE} characters`);
      searched = this.text.length;
      const chunk = yield* this.pull();
      if (chunk === null) this.ended = true;
      else this.text += chunk;
    }
  }

  private take(end: number, next: number): string {
    const line = this.text.slice(0, end);
    this.text = this.text.slice(next);
    return line;
  }
}

export function* main(): Steps<string[]> {
  const chunks = ['one\ntw', 'o\nthree\nfo', 'ur\n', 'five'];
  function* pull(): Steps<string | null> {
    yield* sleep(20); // simulates a slow network
    const chunk = chunks.shift() ?? null;
    console.log(`  pulls ${JSON.stringify(chunk)}`);
    return chunk;
  }
  const lines = new LineStream(pull);
  const read: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const line = yield* lines.readLine();
    read.push(String(line));
    console.log(`line: ${line}`);
  }
  console.log(`${chunks.length} chunks were not pulled`);
  return read;
}

await program(import.meta, () => run(main));
