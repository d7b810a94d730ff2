// The same grep as a method of an object, as a bare generator, and as a stage of pipeline.ts: a million lines through each.
// Watch the order of magnitude rather than the digits: resuming a generator costs more than a call, and far less than a system call.
// Speed is not the reason to choose coroutines. The benchmark shows that they are fast enough to choose for clarity.

import { parseArgs } from 'node:util';

import { program } from '../support/program.js';
import { type Consumer, grep, primed } from './pipeline.js';

const PATTERN = 'python';
const LINE = 'a line in which a python occurs';

/** The object: it keeps its state between two lines in fields. */
class GrepHandler {
  constructor(
    private readonly text: string,
    private readonly next: (line: string) => void,
  ) {}

  send(line: string): void {
    if (line.includes(this.text)) this.next(line);
  }
}

function* bareGrep(text: string, next: (line: string) => void): Consumer<string> {
  for (;;) {
    const line = yield;
    if (line.includes(text)) next(line);
  }
}

const counting = primed(function* counting(count: () => void): Consumer<string> {
  for (;;) {
    yield;
    count();
  }
});

export function main(lines = 1_000_000): void {
  let found = 0;
  const count = (): void => void (found += 1);
  const object = new GrepHandler(PATTERN, count);
  const generator = bareGrep(PATTERN, count);
  generator.next(); // to its first yield
  const stages = grep(PATTERN, counting(count));
  const contestants: Array<[string, (line: string) => unknown]> = [
    ['object', (line) => object.send(line)],
    ['bare generator', (line) => generator.next(line)],
    ['two stages of pipeline.ts', (line) => stages.send(line)],
  ];
  for (const [name, send] of contestants) {
    for (let i = 0; i < lines / 10; i += 1) send(LINE); // a warm-up, so that compilation is not measured
    found = 0;
    const startMs = performance.now();
    for (let i = 0; i < lines; i += 1) send(LINE);
    const tookMs = performance.now() - startMs;
    console.log(`${name}: ${found} lines, ${Math.round((tookMs / lines) * 1e6)} ns each`);
  }
}

await program(import.meta, (args) => {
  const { values } = parseArgs({ args, options: { lines: { type: 'string', default: '1000000' } } });
  main(Number(values.lines));
});
