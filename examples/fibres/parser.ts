// A Lisp reader on a pipe: it reads one byte at a time, and returns at the closing bracket.
// Watch the first expression come out the moment its last bracket is there, although the writer has said more already.
// A parser that calls itself is suspended in the middle of its recursion, at any byte. Its stack is kept for it.

import { type Steps, createTask, fd, pipe, run, sleep, waitReadable } from 'selectloop';

import { program } from '../support/program.js';

export type Expression = string | number | Expression[];

/** The next character, or null at the end. */
type NextByte = () => Steps<string | null>;

/** The next expression in brackets; undefined at the end. It takes no byte behind the bracket. SyntaxError for anything else. */
export function* readExpression(nextByte: NextByte): Steps<Expression | undefined> {
  for (;;) {
    const byte = yield* nextByte();
    if (byte === null) return undefined;
    if (byte === '(') return yield* readList(nextByte);
    if (byte.trim() !== '') throw new SyntaxError(`expected "(", got "${byte}"`);
  }
}

/** What is left of a list behind its opening bracket. */
function* readList(nextByte: NextByte): Steps<Expression[]> {
  const list: Expression[] = [];
  let atom = '';
  for (;;) {
    const byte = yield* nextByte();
    if (byte === null) throw new SyntaxError('the input ends inside a list');
    if (byte !== '(' && byte !== ')' && byte.trim() !== '') {
      atom += byte;
      continue;
    }
    if (atom !== '') list.push(Number.isNaN(Number(atom)) ? atom : Number(atom));
    atom = '';
    if (byte === '(') list.push(yield* readList(nextByte));
    if (byte === ')') return list;
  }
}

/** Reads a pipe byte by byte. */
export function bytesOf(pipeEnd: number): NextByte {
  return function* () {
    yield* waitReadable(pipeEnd);
    const byte = fd.read(pipeEnd, 1);
    return byte.length === 0 ? null : byte.toString('latin1');
  };
}

function* writer(pipeEnd: number): Steps<void> {
  for (const piece of ['(define (squ', 'are x) (* x', ' x)) (squ', 'are 12)']) {
    console.log(`writer: ${piece}`);
    fd.write(pipeEnd, Buffer.from(piece));
    yield* sleep(20);
  }
  fd.close(pipeEnd);
}

export function* main(): Steps<Expression[]> {
  const { read, write } = pipe();
  const expressions: Expression[] = [];
  const writing = createTask(writer(write));
  try {
    const nextByte = bytesOf(read);
    for (let expression; (expression = yield* readExpression(nextByte)) !== undefined;) {
      console.log(`    reader: ${JSON.stringify(expression)}`);
      expressions.push(expression);
    }
    yield* writing;
    return expressions;
  } finally {
    fd.close(read);
  }
}

await program(import.meta, () => run(main));
