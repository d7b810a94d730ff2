// Lines out of a stream that comes in chunks, on demand: a chunk is pulled only when no whole line is left.
// Watch which lines cost a chunk and which are there already, and that the chunks after the third line are left where they are.
// readLine() reads like a function that blocks. It is suspended in pull(), in the middle of its loop, as long as that takes.

import { type Steps, run, sleep } from 'selectloop';

import { program } from '../support/program.js';

export class LineStream {
  private text = '';
  private ended = false;

  /** @param pull the next chunk, or null at the end */
  constructor(private readonly pull: () => Steps<string | null>) {}

  /** The next line without its end; null at the end. A last line needs no line end. */
  *readLine(): Steps<string | null> {
    let searched = 0;
    for (;;) {
      const end = this.text.indexOf('\n', searched);
      if (end >= 0) return this.take(end, end + 1);
      if (this.ended) return this.text === '' ? null : this.take(this.text.length, this.text.length);
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
    yield* sleep(20); // as from a slow network
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
  console.log(`enough: ${chunks.length} chunks are left alone`);
  return read;
}

await program(import.meta, () => run(main));
