// A conversation with a child process, line by line: read a question, write an answer, and so on to its exit code.
// Watch the two alternate. Each side waits for the other, and while this process waits, its loop could run other tasks.
// A protocol with a sequence of steps becomes a sequence of statements, and its state is in local variables.

import { type Process, type Steps, createSubprocess, run } from 'selectloop';

import { program } from '../support/program.js';

/** The child, as a shell script. */
const CHILD = `
  echo "What is your name?"
  read name
  echo "Good day, $name. Give me a number."
  read a
  echo "And another."
  read b
  echo "$a and $b make $((a + b)). Goodbye, $name."
`;

/** Reads the child's next line. Throws if the child exits instead. */
function* hear(child: Process): Steps<string> {
  const line = String(yield* child.stdout!.readline());
  if (line === '') throw new Error('the child exited in the middle of the conversation');
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
    console.log(`the child exited with code ${code}`);
    return code;
  } finally {
    yield* child[Symbol.asyncDispose](); // kills the child if it is still running, and waits for its exit
  }
}

await program(import.meta, () => run(() => main()));
