/**
 * What is typed into the REPL, made into the body of a task: `await` and `yield*` work at the top level, declarations remain, and the last
 * expression is the result.
 *
 * The code becomes the body of a function, which the engine compiles. In a function that is not strict, an assignment to an undeclared
 * variable makes a global one. So declarations become assignments: `const { a } = await f()` is run as `({ a } = await f())`. The
 * tests whether a piece of code is complete, and of which kind, are attempts to compile it.
 */

import { Script } from 'node:vm';

import { type Token, endsValue, topLevelTokens } from './tokens.js';

/** Code for a task. */
export interface TaskCode {
  /** An expression for a function without parameters. It returns `{ value }`, or undefined if the code has no value. */
  readonly source: string;
}

/** How a function begins that may contain `yield*`, `await`, and both. */
const GENERATOR = 'function* ';
const ASYNC = 'async function ';
const BOTH = 'async function* ';

/** Returns the code as that of a task; null if it needs none, or if it is incomplete or wrong: the REPL then handles it. */
export function taskCode(code: string): TaskCode | null {
  if (!/\b(?:await|yield)\b/.test(code)) return null;
  if (compiles(`(class { static {\n${code}\n} })`)) return null; // only in functions inside, in strings, or in comments
  const head = headOf(code);
  if (head === null) return null;
  for (const body of [bodyOf(code, head), code]) {
    if (body !== null && compiles(functionOf(head, body))) return { source: functionOf(head, body) };
  }
  return null;
}

function headOf(code: string): string | null {
  if (/\byield\b/.test(code) && !compiles(functionOf(ASYNC, `'use strict';${code}`))) {
    if (compiles(functionOf(GENERATOR, code))) return GENERATOR;
    if (compiles(functionOf(BOTH, code))) {
      throw new SyntaxError('expected either await or yield* in one input, got both: enter them one after the other');
    }
  }
  return compiles(functionOf(ASYNC, code)) ? ASYNC : null;
}

const functionOf = (head: string, body: string): string => `(${head}() {\n${body}\n})`;

function compiles(source: string): boolean {
  try {
    new Script(source);
    return true;
  } catch {
    return false;
  }
}

/** An insertion, or a replacement of the text up to `end`. */
interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

function bodyOf(code: string, head: string): string | null {
  const tokens = tokensOf(code);
  if (tokens === null) return null;
  const edits: Edit[] = [];
  let first = '';
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    const isDeclaration =
      /^(?:const|var)$/.test(token.text) || (token.text === 'let' && /^[\w$[{]/.test(next?.text ?? ''));
    if (isDeclaration) edits.push(...assignments(tokens, i));
    else if (token.text === 'class' && beginsStatement(tokens, i)) edits.push(...classAssignment(tokens, i));
    else if (token.text === 'function' && beginsStatement(tokens, tokens[i - 1]?.text === 'async' ? i - 1 : i)) {
      const name = next?.text === '*' ? tokens[i + 2]?.text : next?.text;
      first += `globalThis.${name} = ${name};`; // the declaration is hoisted in the function
    }
  }
  edits.push(...result(code, tokens, head));
  return first + edited(code, edits);
}

function tokensOf(code: string): Token[] | null {
  try {
    return topLevelTokens(code);
  } catch {
    return null;
  }
}

/** Returns whether a statement may begin with token `i`, after a semicolon, a block, or a line that is complete. */
function beginsStatement(tokens: readonly Token[], i: number): boolean {
  const previous = tokens[i - 1];
  if (previous === undefined || previous.text === ';' || previous.text.startsWith('{')) return true;
  return tokens[i]!.onNewLine && endsValue(previous);
}

/** Returns whether token `i` continues the expression before it, although it is on a new line. */
function continues(tokens: readonly Token[], i: number): boolean {
  const { text, onNewLine } = tokens[i]!;
  if (!onNewLine || !endsValue(tokens[i - 1]!)) return true;
  return /^(?:[([`.,?:]|[-+*/%&|^<>=!]|in$|instanceof$)/.test(text) && !/^(?:\+\+|--|!$)/.test(text);
}

/** Makes assignments of the declaration that begins at token `i`. A variable without a value is set to undefined. */
function assignments(tokens: readonly Token[], i: number): Edit[] {
  const edits: Edit[] = [{ at: tokens[i]!.start, end: tokens[i]!.end, text: ';(' }];
  let last = i;
  let hasValue = false;
  const finish = (): void => {
    const { end } = tokens[last]!;
    if (!hasValue) edits.push({ at: end, end, text: ' = undefined' });
  };
  for (let k = i + 1; k < tokens.length; k += 1) {
    const { text } = tokens[k]!;
    if (text === ';' || (k > i + 1 && !continues(tokens, k))) break;
    if (text === ',') {
      finish();
      hasValue = false;
    } else if (text === '=') hasValue = true;
    last = k;
  }
  finish();
  const { end } = tokens[last]!;
  return [...edits, { at: end, end, text: ');' }];
}

function classAssignment(tokens: readonly Token[], i: number): Edit[] {
  const { start } = tokens[i]!;
  const body = tokens.find((token, k) => k > i + 1 && token.text.startsWith('{'));
  if (body === undefined) return [];
  return [
    { at: start, end: start, text: `;${tokens[i + 1]!.text} = ` },
    { at: body.end, end: body.end, text: ';' },
  ];
}

/** Returns the last statement, if it is an expression, as the result. */
function result(code: string, tokens: readonly Token[], head: string): Edit[] {
  for (const [i, { start, text }] of tokens.entries()) {
    if (!beginsStatement(tokens, i) || /^(?:function|class|const|let|var)$/.test(text)) continue;
    if (text === 'async' && tokens[i + 1]?.text === 'function') continue;
    const end = code.slice(start).replace(/(?:\s|;)+$/, '').length + start;
    const isExpression = compiles(functionOf(head, `return (\n${code.slice(start, end)}\n)`));
    if (!isExpression || !compiles(functionOf(head, code.slice(0, start)))) continue;
    return [
      { at: start, end: start, text: ';return { value: (' },
      { at: end, end, text: '\n) }' },
    ];
  }
  return [];
}

function edited(code: string, edits: readonly Edit[]): string {
  let text = '';
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    text += code.slice(at, edit.at) + edit.text;
    at = edit.end;
  }
  return text + code.slice(at);
}
