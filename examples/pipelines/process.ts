// A target in a child process: items become lines of JSON on its standard input, and closing the target closes that pipe.
// Watch the close propagate: source -> target -> pipe -> the child's source -> its grep; then the child exits.
// Between processes, EOF takes the place of close(). No message is needed to mark the last item.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { type StreamWriter, type Steps, createSubprocess, run } from 'selectloop';

import { program } from '../support/program.js';
import { type Consumer, primed, source } from './pipeline.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = fileURLToPath(import.meta.url);
const CHILD = [...(FILE.endsWith('.ts') ? ['--import', 'tsx'] : []), FILE, '--child'];

const toStream = primed(function* toStream(writer: StreamWriter): Consumer<unknown> {
  try {
    for (;;) writer.write(Buffer.from(`${JSON.stringify(yield)}\n`));
  } finally {
    writer.close();
  }
});

/** The pipeline of the child. */
const grep = primed(function* grep(text: string): Consumer<string> {
  console.log(`Looking for ${text}`);
  try {
    for (;;) {
      const line = yield;
      if (line.includes(text)) console.log(line);
    }
  } finally {
    console.log('Going away. Goodbye');
  }
});

/** Runs in the child: sends the lines of its standard input to its pipeline. */
async function child(): Promise<void> {
  const target = grep('python');
  using _end = target.join();
  for await (const line of createInterface({ input: process.stdin })) target.send(JSON.parse(line) as string);
}

export function* main(): Steps<number> {
  const receiver = yield* createSubprocess(process.execPath, CHILD, { stdin: 'pipe', stdout: 'pipe', cwd: ROOT });
  try {
    source(['a snake', 'a python', 'a line\nwith a python in it'], toStream(receiver.stdin!));
    console.log('everything is sent, and the target is closed');
    for (let line; (line = String(yield* receiver.stdout!.readline())) !== '';)
      console.log(`  child: ${line.trimEnd()}`);
    const code = yield* receiver.wait();
    console.log(`the child exited with code ${code}`);
    return code;
  } finally {
    yield* receiver[Symbol.asyncDispose]();
  }
}

await program(import.meta, async (args) => {
  const { values } = parseArgs({ args, options: { child: { type: 'boolean' } } });
  await (values.child === true ? child() : run(main));
});
