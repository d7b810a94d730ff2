// A talk with a child process, line by line: read its question, answer, read on; and in the end its exit code.
// Watch the two alternate. Each side waits for the other, and between two lines this process is free for other tasks.
// A protocol that is a sequence of steps becomes code that is a sequence of lines, with the variables where they are needed.

import { type Process, type Steps, createSubprocess, run } from 'selectloop';

import { program } from '../support/program.js';

/** The other side, in a language that is on every machine. */
const CHILD = `
  echo "What is your name?"
  read name
  echo "Good day, $name. Give me a number."
  read a
  echo "And another."
  read b
  echo "$a and $b make $((a + b)). Goodbye, $name."
`;

/** The child's next line; an Error if it ends instead. */
function* hear(child: Process): Steps<string> {
  const line = String(yield* child.stdout!.readline());
  if (line === '') throw new Error('the child has ended in the middle of the talk');
  console.log(`child: ${line.trimEnd()}`);
  return line;
}

function* say(child: Process, line: string): Steps<void> {
  console.log(`  me: ${line}`);
  child.stdin!.write(Buffer.from(`${line}\n`));
  yield* child.stdin!.drain();
}

export function* main(script = CHILD): Steps<number> {
  const child = yield* createSubprocess('sh', ['-c', script], { stdin: 'pipe', stdout: 'pipe' });
  try {
    yield* hear(child);
    yield* say(child, 'Ada');
    yield* hear(child);
    yield* say(child, '12');
    yield* hear(child);
    yield* say(child, '30');
    yield* hear(child);
    child.stdin!.close();
    const code = yield* child.wait();
    console.log(`the child has ended with ${code}`);
    return code;
  } finally {
    yield* child[Symbol.asyncDispose](); // nobody is left behind, even if the talk went wrong
  }
}

await program(import.meta, () => run(() => main()));
