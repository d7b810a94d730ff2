// A Lisp reader on a pipe: it reads one byte at a time and returns at the closing parenthesis.
// Watch the first expression: the reader returns it at its closing parenthesis, although the writer has sent more.
// A recursive parser can be suspended at any byte, in the middle of its recursion. The generators keep its stack.

import { type Steps, createTask, fd, pipe, run, sleep, waitReadable } from 'selectloop';

import { program } from '../support/program.js';

export type Expression = string | number | Expression[];

/** Returns the next character, or null at the end. */
type NextByte = () => Steps<string | null>;

/** Each level of nesting costs memory, and time for each byte inside. */
const MAX_DEPTH = 100;
const MAX_ATOM = 1000;

/**
 * Reads the next list, or returns undefined at the end of the input. Reads no byte after the closing parenthesis.
 *
 * @throws SyntaxError if the input does not begin with a list, ends inside one, is nested too deeply, or has an atom that is too long
 */
export function* readExpression(nextByte: NextByte): Steps<Expression | undefined> {
  for (;;) {
    const byte = yield* nextByte();
    if (byte === null) return undefined;
    if (byte === '(') return yield* readList(nextByte, 1);
    if (byte.trim() !== '') throw new SyntaxError(`expected "(", got "${byte}"`);
  }
}

/** Reads a list whose opening parenthesis has been read. */
function* readList(nextByte: NextByte, depth: number): Steps<Expression[]> {
  if (depth > MAX_DEPTH) throw new SyntaxError(`expected at most ${MAX_DEPTH} nested lists`);
  const list: Expression[] = [];
  let atom = '';
  for (;;) {
    const byte = yield* nextByte();
    if (byte === null) throw new SyntaxError('the input ends inside a list');
    if (byte !== '(' && byte !== ')' && byte.trim() !== '') {
      atom += byte;
      if (atom.length > MAX_ATOM) throw new SyntaxError(`expected an atom of at most ${MAX_ATOM} characters`);
      continue;
    }
    if (atom !== '') list.push(Number.isNaN(Number(atom)) ? atom : Number(atom));
    atom = '';
    if (byte === '(') list.push(yield* readList(nextByte, depth + 1));
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
