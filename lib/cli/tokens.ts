/**
 * The tokens of a piece of JavaScript outside all brackets. A bracket with everything in it is one token.
 *
 * This is not a parser: it may take a division for a regular expression after a `)`. The caller compiles what it makes of the tokens, so a
 * mistake here costs a convenience and nothing else.
 */

/** One token. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether a line ends between the token before it and this one. */
  readonly onNewLine: boolean;
}

const SPACE = /(?:\s|\/\/.*|\/\*[^]*?\*\/)+/y;
const WORD = /[\p{ID_Start}$_#@\d][\p{ID_Continue}$.]*/uy;
const STRING = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y;
const REGEXP = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const OPERATOR = /=>|\.\.\.|\+\+|--|\?\.|[-+*/%&|^<>=!?]+|[^]/y;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** After these words an expression follows, so a `/` begins a regular expression. */
const BEFORE_EXPRESSION = new Set(
  'return typeof case do else void yield await in of delete new instanceof throw'.split(' '),
);

/** Returns whether an expression may end with this token. */
export function endsValue({ text }: Token): boolean {
  return /^[\w$\p{ID_Start}'"`)\]}/#]|[)\]}]$/u.test(text) && text !== '/' && !BEFORE_EXPRESSION.has(text);
}

/** Returns the tokens of `code` outside brackets. @throws SyntaxError if a bracket or a template is not closed */
export function topLevelTokens(code: string): Token[] {
  return scan(code, 0, null).tokens;
}

function match(pattern: RegExp, code: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(code)?.[0] ?? null;
}

/** Reads tokens up to `closing`, or to the end. */
function scan(code: string, from: number, closing: string | null): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  let onNewLine = false;
  for (let at = from; at < code.length;) {
    const space = match(SPACE, code, at);
    if (space !== null) {
      onNewLine ||= space.includes('\n');
      at += space.length;
      continue;
    }
    if (code[at] === closing) return { tokens, end: at + 1 };
    const end = endOfToken(code, at, tokens.at(-1));
    tokens.push({ text: code.slice(at, end), start: at, end, onNewLine });
    onNewLine = false;
    at = end;
  }
  if (closing !== null) throw new SyntaxError(`missing ${closing}`);
  return { tokens, end: code.length };
}

function endOfToken(code: string, at: number, previous: Token | undefined): number {
  const first = code[at]!;
  const bracket = CLOSING[first];
  if (bracket !== undefined) return scan(code, at + 1, bracket).end;
  if (first === '`') return endOfTemplate(code, at + 1);
  const regexp = first === '/' && (previous === undefined || !endsValue(previous)) ? match(REGEXP, code, at) : null;
  const text = match(STRING, code, at) ?? match(WORD, code, at) ?? regexp ?? match(OPERATOR, code, at)!;
  return at + text.length;
}

function endOfTemplate(code: string, from: number): number {
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === '\\') at += 1;
    else if (code[at] === '`') return at + 1;
    else if (code.startsWith('${', at)) at = scan(code, at + 2, '}').end - 1;
  }
  throw new SyntaxError('unterminated template');
}
